import type { Types } from 'mongoose';
import type { ResourceRef } from '../audit/resource.ts';
import type { AuditActor } from '../audit/service.ts';
import {
  isVerified,
  requireVerified,
  type ChannelDoc,
  type ChannelDirectory,
} from '../channels/directory.ts';
import type { AwaitCalls } from '../openings/closings.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError, notFound, type Issue, wrongState } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../platform/mongo.ts';
import { effectiveChange } from '../platform/update.ts';
import { withoutShownTexts } from './content/authentication.ts';
import { checkComponents, checkSendTtl, parameterFormatOf } from './content/checks/check.ts';
import { fillTemplate, offerEndIssues, type FilledTemplate } from './content/rules.ts';
import type { TemplateVariables } from './content/variables.ts';
import type { TemplateGateway } from '../whatsapp/template-gateway.ts';
import { isTemplateRefusal, toAppError } from './provider/provider.ts';
import type { TemplateDoc } from './store/repository.ts';
import type { TemplateChanges } from './rules.ts';
import type { CreateTemplateBody, PatchTemplateBody } from './schemas.ts';
import type { TemplateCatalogue } from './catalogue.ts';
import { createSubmission } from './provider/submission.ts';
import { unpauseAtProvider } from './provider/unpause.ts';
import type { SyncCounts, TemplateSync } from './sync/sync.ts';

export interface TemplateUseCaseDeps {
  readonly catalogue: TemplateCatalogue;
  readonly sync: TemplateSync;
  readonly gateway: TemplateGateway;
  readonly channels: Pick<ChannelDirectory, 'findById' | 'senderOf'>;
  /** Counts the unsent messages of a template; need not count beyond `atMost`. */
  readonly countUnsent: (scope: ClientScope, template: TemplateDoc, atMost: number) => Promise<number>;
  readonly awaitCalls: AwaitCalls;
  readonly clock: Clock;
}

export type TemplateUseCases = ReturnType<typeof createTemplateUseCases>;

/** Counts no further, because the answer is the same. */
const maxCounted = 1_000;

/** Template management by admins. Every change also clears the cache of the catalogue, which sends use. */
export function createTemplateUseCases(deps: TemplateUseCaseDeps) {
  const { resource } = deps.catalogue;
  const submission = createSubmission(deps);

  const get = (scope: ClientScope, id: Types.ObjectId): Promise<TemplateDoc> =>
    resource.require(scope, { id, version: undefined });

  return {
    get,
    ...forReview(deps, submission),

    /** The message as the contact would see it; throws all problems if the variables do not match. */
    async preview(
      scope: ClientScope,
      id: Types.ObjectId,
      variables: TemplateVariables,
    ): Promise<FilledTemplate> {
      const { components } = await get(scope, id);
      const result = fillTemplate(components, variables);
      const issues = [...(result.ok ? [] : result.issues), ...offerEndIssues(variables, deps.clock.now())];
      if (result.ok && issues.length === 0) return result.filled;
      throw invalid('The variables do not match the template.', issues);
    },

    /**
     * Stores a draft, then submits it unless `submit` is false. It stays a draft if the provider is unavailable, and is
     * removed if the provider refuses it.
     */
    async create(scope: ClientScope, by: AuditActor, body: CreateTemplateBody): Promise<TemplateDoc> {
      requireFitting(body);
      const channel = await requireChannel(deps, scope, body.channelId);
      const draft = await insertDraft(deps, { scope, by }, body);
      if (body.submit === false) return draft;
      const { template, failure } = await submission.create(scope, by, { channel, draft });
      if (failure === undefined || !isTemplateRefusal(failure)) return template;
      await resource.remove(scope, by, { id: template._id, version: template.version });
      throw toAppError(failure);
    },

    /**
     * Changes content or category, here and at the provider, which reviews every change. The content only while no
     * message waits with it.
     */
    async patch(
      scope: ClientScope,
      by: AuditActor,
      ref: ResourceRef,
      body: PatchTemplateBody,
    ): Promise<TemplateDoc> {
      const current = await resource.require(scope, ref);
      const wanted: TemplateChanges = effectiveChange(current, definedOf(body));
      if (Object.keys(wanted).length === 0) return current;
      const { components } = wanted;
      const changes =
        components === undefined || components === null
          ? wanted
          : { ...wanted, components: withoutShownTexts(components, current.components) };
      requireFitting({ ...current, ...body, components: changes.components ?? undefined });
      requireChangeable(current, changes);
      // Waiting messages would leave with the new words.
      if (changes.components !== undefined) await requireUnused(deps, scope, current);
      const channel = await requireChannel(deps, scope, current.channelId);
      const edited = await submission.edit(scope, by, { channel, current, changes });
      if (edited.status !== 'approved') await deps.awaitCalls(scope, { channelId: channel._id });
      return edited;
    },

    /** Deletes an unused template, here and at the provider. Sent messages keep their content. */
    async delete(scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<void> {
      const current = await resource.require(scope, ref);
      await requireUnused(deps, scope, current);
      const channel = await deps.channels.findById(scope, current.channelId);
      // The account of an unverified channel is not ours to change.
      if (channel !== null && isVerified(channel))
        await submission.deleteAtProvider(scope, { channel, template: current });
      await resource.remove(scope, by, { id: current._id, version: current.version });
      await deps.awaitCalls(scope, { channelId: current.channelId });
    },

    /** Syncs the templates of a channel with the provider. */
    async sync(scope: ClientScope, by: AuditActor, channelId: Types.ObjectId): Promise<SyncCounts> {
      const channel = await requireChannel(deps, scope, channelId);
      const result = await deps.sync.syncChannel(scope, by, channel);
      if (result.kind === 'failed') throw toAppError(result.failure);
      return result.counts;
    },
  };
}

/** Submits and unpauses templates at the provider. */
const forReview = (deps: TemplateUseCaseDeps, submission: ReturnType<typeof createSubmission>) => ({
  /** Submits a draft, or a rejected or paused template again without changes. */
  async submit(scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<TemplateDoc> {
    const template = await deps.catalogue.resource.require(scope, ref);
    if (!['draft', 'rejected', 'paused'].includes(template.status)) throw notAllowed(template, 'submitted');
    requireFitting(template.status === 'draft' ? withOwnTexts(template) : {});
    const channel = await requireChannel(deps, scope, template.channelId);
    return submission.submit(scope, by, { channel, template });
  },

  /** Asks the provider to end a pause. Waiting messages are released once the provider reports `approved`. */
  async unpause(scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<TemplateDoc> {
    const template = await deps.catalogue.resource.require(scope, ref);
    if (template.status !== 'paused') throw notAllowed(template, 'unpaused');
    const channel = await requireChannel(deps, scope, template.channelId);
    return unpauseAtProvider(deps, { scope, by, channel }, template);
  },
});

interface Place {
  readonly scope: ClientScope;
  readonly by: AuditActor;
}

async function requireChannel(
  { channels }: TemplateUseCaseDeps,
  scope: ClientScope,
  id: Types.ObjectId,
): Promise<ChannelDoc> {
  const channel = await channels.findById(scope, id);
  if (channel === null) throw notFound('channel');
  requireVerified(channel);
  return channel;
}

async function insertDraft(
  { catalogue, clock }: TemplateUseCaseDeps,
  { scope, by }: Place,
  { submit: _submit, messageSendTtlSeconds: ttl, ...body }: CreateTemplateBody,
): Promise<TemplateDoc> {
  const draft: TemplateDoc = {
    ...{ ...body, ...scope, _id: newId(), status: 'draft', createdAt: clock.now(), version: 1 },
    parameterFormat: parameterFormatOf(body.components),
    ...(ttl === undefined ? {} : { messageSendTtlSeconds: ttl }),
  };
  return catalogue.resource.create(scope, by, draft).catch((error: unknown) => {
    throw isDuplicateKey(error) ? taken(draft) : error;
  });
}

async function requireUnused(
  { countUnsent }: TemplateUseCaseDeps,
  scope: ClientScope,
  template: TemplateDoc,
): Promise<void> {
  const unsent = await countUnsent(scope, template, maxCounted);
  if (unsent === 0) return;
  const count = unsent < maxCounted ? String(unsent) : `${maxCounted} or more`;
  const detail = `Unsent messages use this template: ${count}. Cancel them, or wait until they are sent.`;
  throw new AppError('in-use', detail);
}

/** Removes Meta's texts, which a draft holds if the provider once had the template. */
const withOwnTexts = ({ components, ...template }: TemplateDoc): TemplateDoc => ({
  ...template,
  components: withoutShownTexts(components, components),
});

/** Throws all problems that the provider would refuse. Skips components that do not change. */
function requireFitting(content: {
  readonly components?: CreateTemplateBody['components'] | TemplateDoc['components'] | undefined;
  readonly category?: TemplateDoc['category'] | undefined;
  readonly messageSendTtlSeconds?: number | undefined;
}): void {
  const { components, category, messageSendTtlSeconds } = content;
  if (category === undefined) return;
  const issues = [
    ...(components === undefined ? [] : checkComponents(components, category)),
    ...checkSendTtl(messageSendTtlSeconds, category),
  ];
  if (issues.length > 0) throw invalid('The template breaks the provider’s rules.', issues);
}

/** The provider accepts changes only to reviewed templates, and no other category once a template was approved. */
function requireChangeable(current: TemplateDoc, changes: TemplateChanges): void {
  if (!['draft', 'approved', 'rejected', 'paused'].includes(current.status))
    throw notAllowed(current, 'changed');
  const isReviewed = current.status === 'approved' || current.status === 'paused';
  if (changes.category !== undefined && isReviewed) {
    throw notAllowed(current, 'moved to another category');
  }
}

const notAllowed = ({ status }: TemplateDoc, what: string): AppError =>
  wrongState(`The template is ${status} and cannot be ${what}.`, status);

const definedOf = ({ category, components, messageSendTtlSeconds }: PatchTemplateBody): TemplateChanges => ({
  ...(category === undefined ? {} : { category }),
  ...(components === undefined ? {} : { components, parameterFormat: parameterFormatOf(components) }),
  ...(messageSendTtlSeconds === undefined ? {} : { messageSendTtlSeconds }),
});

const invalid = (detail: string, errors: readonly Issue[]): AppError =>
  new AppError('invalid-input', detail, { errors });

const taken = ({ name, language }: TemplateDoc): AppError =>
  new AppError('already-exists', `The channel already has a template ${name} in ${language}.`);
