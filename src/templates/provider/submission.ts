import type { ResourceRef } from '../../audit/resource.ts';
import type { AuditActor } from '../../audit/service.ts';
import type { ChannelDoc, ChannelDirectory } from '../../channels/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { toReviewForm } from '../content/samples.ts';
import type { ProviderTemplate, TemplateGateway, TemplateOutcome } from '../../whatsapp/template-gateway.ts';
import {
  accountOf,
  isTaken,
  isUnknownObject,
  isTemplateRefusal,
  toAppError,
  toDraft,
  failureText,
  type Failure,
} from './provider.ts';
import type { TemplateDoc } from '../store/repository.ts';
import { changeAfterSubmit, languageOf, type TemplateChanges } from '../rules.ts';
import { templateChange } from '../changes.ts';
import type { TemplateCatalogue } from '../catalogue.ts';

export interface SubmissionDeps {
  readonly catalogue: Pick<TemplateCatalogue, 'resource' | 'wantSync'>;
  readonly gateway: TemplateGateway;
  readonly channels: Pick<ChannelDirectory, 'senderOf'>;
  readonly clock: Clock;
}

export interface Submission {
  readonly template: TemplateDoc;
  /** Why it is still a draft. */
  readonly failure?: Failure;
}

/** A review often takes seconds, and its webhook may be lost, so the template is synced once after this time. */
export const syncAfterSubmitMs = 60_000;
/** After a call with an unknown outcome, a sync reveals it. */
export const syncAfterUnknownMs = 10_000;

/** The actor and the channel of a change. */
interface Place {
  readonly scope: ClientScope;
  readonly by: AuditActor;
  readonly channel: ChannelDoc;
}

/** Changes templates at the provider first, then stores the result. */
export function createSubmission(deps: SubmissionDeps) {
  const { catalogue, gateway, channels } = deps;
  return {
    create: (
      scope: ClientScope,
      by: AuditActor,
      { channel, draft }: { channel: ChannelDoc; draft: TemplateDoc },
    ): Promise<Submission> => createAtProvider(deps, { scope, by, channel }, draft),

    submit: (
      scope: ClientScope,
      by: AuditActor,
      { channel, template }: { channel: ChannelDoc; template: TemplateDoc },
    ): Promise<TemplateDoc> => {
      const { providerTemplateId: id } = template;
      const place = { scope, by, channel };
      return id === undefined
        ? createOrAdopt(deps, place, template)
        : editAtProvider(deps, place, { current: template, changes: {}, id });
    },

    /** Changes drafts and templates missing at the provider only here, all others at the provider first. */
    async edit(
      scope: ClientScope,
      by: AuditActor,
      { channel, current, changes }: { channel: ChannelDoc; current: TemplateDoc; changes: TemplateChanges },
    ): Promise<TemplateDoc> {
      const place = { scope, by, channel };
      const id = current.status === 'draft' ? null : await providerIdOf(deps, channel, current);
      if (id !== null) return editAtProvider(deps, place, { current, changes, id });
      return store(deps, place, { ...updateOf(current), decide: () => ({ ...changes, status: 'draft' }) });
    },

    /** Throws if the provider does not delete the template. */
    async deleteAtProvider(
      scope: ClientScope,
      { channel, template }: { channel: ChannelDoc; template: TemplateDoc },
    ): Promise<void> {
      if (template.status === 'draft' || template.status === 'deleted') return;
      const id = await providerIdOf(deps, channel, template);
      if (id === null) return;
      const { name } = template;
      const outcome = await gateway.delete(accountOf(channel, channels), { name, providerTemplateId: id });
      if (outcome.kind === 'done' || isUnknownObject(outcome)) return;
      if (outcome.kind === 'unknown') await catalogue.wantSync(scope, channel._id, syncAfterUnknownMs);
      throw toAppError(outcome);
    },
  };
}

interface StoredAnswer {
  readonly ref: ResourceRef;
  readonly action: string;
  readonly decide: (current: TemplateDoc) => TemplateChanges;
}

const store = (
  { catalogue }: SubmissionDeps,
  { scope, by }: Place,
  { ref, action, decide }: StoredAnswer,
): Promise<TemplateDoc> => catalogue.resource.change(scope, by, ref, templateChange(action, decide));

const anyVersionOf = ({ _id: id }: TemplateDoc): ResourceRef => ({ id, version: undefined });

/** Only the version that was sent to the provider. */
const updateOf = ({ _id: id, version }: TemplateDoc) => ({
  ref: { id, version },
  action: 'template.updated',
});

async function createAtProvider(deps: SubmissionDeps, place: Place, draft: TemplateDoc): Promise<Submission> {
  const { catalogue, gateway, channels, clock } = deps;
  const { scope, channel } = place;
  const outcome = await gateway.create(accountOf(channel, channels), toDraft(draft));
  if (outcome.kind === 'done') {
    const { value } = outcome;
    const template = await store(deps, place, {
      ref: anyVersionOf(draft),
      action: 'template.submitted',
      decide: (current) => changeAfterSubmit(current, value, clock.now()),
    });
    await catalogue.wantSync(scope, channel._id, syncAfterSubmitMs);
    return { template };
  }
  const problem = { submitProblem: failureText(outcome) };
  const ref = anyVersionOf(draft);
  const template = await store(deps, place, { ref, action: 'template.not-submitted', decide: () => problem });
  if (outcome.kind === 'unknown') await catalogue.wantSync(scope, channel._id, syncAfterUnknownMs);
  return { template, failure: outcome };
}

/** Adopts an existing template of this name at the provider: someone else created it, or an answer was lost. */
async function createOrAdopt(deps: SubmissionDeps, place: Place, draft: TemplateDoc): Promise<TemplateDoc> {
  const { template, failure } = await createAtProvider(deps, place, draft);
  if (failure === undefined) return template;
  const found = isTaken(failure) ? await findAtProvider(deps, place.channel, draft) : null;
  if (found?.kind !== 'done' || found.value === null) throw toAppError(failure);
  const { value } = found;
  await deps.catalogue.wantSync(place.scope, place.channel._id, 0);
  return store(deps, place, {
    ref: anyVersionOf(template),
    action: 'template.submitted',
    decide: (current) => changeAfterSubmit(current, value, deps.clock.now()),
  });
}

async function findAtProvider(
  { gateway, channels }: SubmissionDeps,
  channel: ChannelDoc,
  { name, language }: Pick<TemplateDoc, 'name' | 'language'>,
): Promise<TemplateOutcome<ProviderTemplate | null>> {
  const outcome = await gateway.list(accountOf(channel, channels), name);
  if (outcome.kind !== 'done') return outcome;
  const found = outcome.value.templates.find(
    (template) => template.name === name && languageOf(template.language) === languageOf(language),
  );
  return { ...outcome, value: found ?? null };
}

/** The provider's id; null if it does not have the template. Throws if the provider is unavailable. */
export async function providerIdOf(
  deps: SubmissionDeps,
  channel: ChannelDoc,
  template: TemplateDoc,
): Promise<string | null> {
  if (template.providerTemplateId !== undefined) return template.providerTemplateId;
  const outcome = await findAtProvider(deps, channel, template);
  if (outcome.kind !== 'done') throw toAppError(outcome);
  return outcome.value?.id ?? null;
}

async function editAtProvider(
  deps: SubmissionDeps,
  place: Place,
  { current, changes, id }: { current: TemplateDoc; changes: TemplateChanges; id: string },
): Promise<TemplateDoc> {
  const { catalogue, gateway, channels, clock } = deps;
  const { scope, channel } = place;
  const { category, components, messageSendTtlSeconds: ttl } = changes;
  const outcome = await gateway.edit(accountOf(channel, channels), id, {
    ...(typeof category === 'string' ? { category: category.toUpperCase() } : {}),
    components: toReviewForm(components ?? current.components),
    ...(typeof ttl === 'number' ? { messageSendTtlSeconds: ttl } : {}),
  });
  if (outcome.kind !== 'done') {
    if (!isTemplateRefusal(outcome)) await catalogue.wantSync(scope, channel._id, syncAfterUnknownMs);
    throw toAppError(outcome);
  }
  await catalogue.wantSync(scope, channel._id, syncAfterSubmitMs);
  const answer = { id, status: 'PENDING', ...outcome.value };
  // Fails if someone else changed the template meanwhile; the sync then stores the provider's state.
  return store(deps, place, {
    ...updateOf(current),
    decide(stored) {
      const changed = { ...stored, ...(changes as Partial<TemplateDoc>) };
      return { ...changes, ...changeAfterSubmit(changed, answer, clock.now()) };
    },
  });
}
