import type { Types } from 'mongoose';
import type { ResourceRef } from '../audit/resource.ts';
import type { AuditActor } from '../audit/service.ts';
import type { ChannelDoc, ChannelDirectory } from '../channels/directory.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError, notFound, type Issue } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../platform/mongo.ts';
import { differing } from '../platform/update.ts';
import { withoutShownTexts } from './content/authentication.ts';
import { checkComponents, checkSendTtl, parameterFormatOf } from './content/checks/check.ts';
import { fillTemplate, offerEndIssues, type FilledTemplate } from './content/rules.ts';
import type { TemplateVariables } from './content/variables.ts';
import type { TemplateGateway } from '../whatsapp/template-gateway.ts';
import { isVerdict, toAppError } from './provider/provider.ts';
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
  /** How many messages of a template have not left; need not count beyond `atMost`. */
  readonly countUnsent: (scope: ClientScope, template: TemplateDoc, atMost: number) => Promise<number>;
  readonly clock: Clock;
}

export type TemplateUseCases = ReturnType<typeof createTemplateUseCases>;

/** More messages than this are not counted: the answer is the same. */
const maxCounted = 1_000;

/** What admins do with templates. Sending goes through the catalogue, whose memory is told of every change. */
export function createTemplateUseCases(deps: TemplateUseCaseDeps) {
  const { resource } = deps.catalogue;
  const submission = createSubmission(deps);

  const get = (scope: ClientScope, id: Types.ObjectId): Promise<TemplateDoc> =>
    resource.require(scope, { id, version: undefined });

  return {
    get,
    ...forReview(deps, submission),

    /** What a person would see; throws with all issues when the variables do not fit. */
    async preview(
      scope: ClientScope,
      id: Types.ObjectId,
      variables: TemplateVariables,
    ): Promise<FilledTemplate> {
      const { components } = await get(scope, id);
      const result = fillTemplate(components, variables);
      const issues = [...(result.ok ? [] : result.issues), ...offerEndIssues(variables, deps.clock.now())];
      if (result.ok && issues.length === 0) return result.filled;
      throw invalid('The variables do not fit the template.', issues);
    },

    /**
     * Stores a draft, then submits it unless that is not wanted. While the provider is away it stays a draft; what
     * the provider refuses is not kept.
     */
    async create(scope: ClientScope, by: AuditActor, body: CreateTemplateBody): Promise<TemplateDoc> {
      requireFitting(body);
      const channel = await requireChannel(deps, scope, body.channelId);
      const draft = await insertDraft(deps, { scope, by }, body);
      if (body.submit === false) return draft;
      const { template, failure } = await submission.create(scope, by, { channel, draft });
      if (failure === undefined || !isVerdict(failure)) return template;
      await resource.remove(scope, by, { id: template._id, version: template.version });
      throw toAppError(failure);
    },

    /** Changes content or category, here and at the provider. Every change has to be reviewed again. */
    async patch(
      scope: ClientScope,
      by: AuditActor,
      ref: ResourceRef,
      body: PatchTemplateBody,
    ): Promise<TemplateDoc> {
      const current = await resource.require(scope, ref);
      const wanted: TemplateChanges = differing(current, definedOf(body));
      if (Object.keys(wanted).length === 0) return current;
      const { components } = wanted;
      const changes =
        components === undefined || components === null
          ? wanted
          : { ...wanted, components: withoutShownTexts(components, current.components) };
      requireFitting({ ...current, ...body, components: changes.components ?? undefined });
      requireChangeable(current, changes);
      const channel = await requireChannel(deps, scope, current.channelId);
      return submission.edit(scope, by, { channel, current, changes });
    },

    /** Deletes a template that no waiting message needs, here and at the provider. What has left keeps its content. */
    async delete(scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<void> {
      const current = await resource.require(scope, ref);
      await requireUnused(deps, scope, current);
      const channel = await deps.channels.findById(scope, current.channelId);
      if (channel !== null) await submission.deleteAtProvider(scope, { channel, template: current });
      await resource.remove(scope, by, { id: current._id, version: current.version });
    },

    /** Brings the templates of a channel to what the provider has. */
    async sync(scope: ClientScope, by: AuditActor, channelId: Types.ObjectId): Promise<SyncCounts> {
      const channel = await requireChannel(deps, scope, channelId);
      const result = await deps.sync.syncChannel(scope, by, channel);
      if (result.kind === 'failed') throw toAppError(result.failure);
      return result.counts;
    },
  };
}

/** What the provider is asked about a template that it has, or that it is to get. */
const forReview = (deps: TemplateUseCaseDeps, submission: ReturnType<typeof createSubmission>) => ({
  /** Submits a draft, or what the provider refused or paused once more as it is. */
  async submit(scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<TemplateDoc> {
    const template = await deps.catalogue.resource.require(scope, ref);
    if (!['draft', 'rejected', 'paused'].includes(template.status)) throw notNow(template, 'submitted');
    requireFitting(template.status === 'draft' ? withOwnTexts(template) : {});
    const channel = await requireChannel(deps, scope, template.channelId);
    return submission.submit(scope, by, { channel, template });
  },

  /** Has the provider end a pause. What waits for the template leaves once the provider calls it approved. */
  async unpause(scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<TemplateDoc> {
    const template = await deps.catalogue.resource.require(scope, ref);
    if (template.status !== 'paused') throw notNow(template, 'unpaused');
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
  const detail = `Messages of this template have not left: ${count}. Cancel them or let them leave.`;
  throw new AppError('in-use', detail);
}

/** A draft that the provider once had holds texts of the provider's, which the author has not written. */
const withOwnTexts = ({ components, ...template }: TemplateDoc): TemplateDoc => ({
  ...template,
  components: withoutShownTexts(components, components),
});

/** Throws with all that the provider would refuse. Components that do not change are not judged again. */
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

/** The provider takes changes of what it has reviewed, and never another category of what it has approved. */
function requireChangeable(current: TemplateDoc, changes: TemplateChanges): void {
  if (!['draft', 'approved', 'rejected', 'paused'].includes(current.status)) throw notNow(current, 'changed');
  const isReviewed = current.status === 'approved' || current.status === 'paused';
  if (changes.category !== undefined && isReviewed) {
    throw new AppError('wrong-state', `The category of a template that is ${current.status} is fixed.`);
  }
}

const notNow = ({ status }: TemplateDoc, what: string): AppError =>
  new AppError('wrong-state', `The template is ${status}: it cannot be ${what} now.`);

const definedOf = ({ category, components, messageSendTtlSeconds }: PatchTemplateBody): TemplateChanges => ({
  ...(category === undefined ? {} : { category }),
  ...(components === undefined ? {} : { components, parameterFormat: parameterFormatOf(components) }),
  ...(messageSendTtlSeconds === undefined ? {} : { messageSendTtlSeconds }),
});

const invalid = (detail: string, errors: readonly Issue[]): AppError =>
  new AppError('invalid-input', detail, { errors });

const taken = ({ name, language }: TemplateDoc): AppError =>
  new AppError('already-exists', `The channel already has a template ${name} in ${language}.`);
