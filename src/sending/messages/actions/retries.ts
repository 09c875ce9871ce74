import type { Types } from 'mongoose';
import type { GatedMessage, GateFactsReader } from '../../gates/facts.ts';
import type { Address } from '../../gates/recipient.ts';
import type { AuditActor, AuditedWrite, AuditService } from '../../../audit/service.ts';
import { placeOfOwn } from '../../../inbox/conversations/order.ts';
import type { ConversationThreads } from '../../../inbox/conversations/threads.ts';
import type { ChannelDirectory } from '../../../channels/directory.ts';
import type { Clock } from '../../../platform/clock.ts';
import { AppError, notFound, wrongState } from '../../../platform/errors.ts';
import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import { toPage, type Cursor } from '../../../platform/pagination.ts';
import type { TemplateCatalogue } from '../../../templates/catalogue.ts';
import type { AutomaticRetryRule } from '../../../whatsapp/error-rule.ts';
import type { Acceptance } from '../acceptance/accept.ts';
import { assertGatesOpen, knownOptOut } from '../acceptance/gates.ts';
import { hasNotLeft } from '../lifecycle.ts';
import { isSentByProduct } from '../rules.ts';
import type { FailedFilter, MessageDoc, MessageRepository } from '../store/repository.ts';
import { draftRetry, automaticRetryTimeOf, offerEndOf, type RetryDraft } from './retry.ts';

export interface RetryDeps {
  readonly messages: MessageRepository;
  readonly acceptance: Pick<Acceptance, 'findRepeated' | 'startWorkflow' | 'hashOf'>;
  readonly facts: GateFactsReader;
  readonly channels: Pick<ChannelDirectory, 'requireForSend'>;
  readonly templates: Pick<TemplateCatalogue, 'requireStillSendable'>;
  readonly conversations: Pick<ConversationThreads, 'takeIn'>;
  readonly audit: Pick<AuditService, 'audited'>;
  readonly clock: Clock;
}

type Person = Extract<AuditActor, { readonly userId: Types.ObjectId }>;

export interface RetryRequest {
  readonly by: Person;
  /** Accepts that the contact may receive both, if the original's outcome is unknown. */
  readonly mayDuplicate: boolean;
}

type RetryKey = Partial<Pick<MessageDoc, 'idempotencyKey' | 'idempotencyHash'>>;

type OneRetry = RetryRequest & { readonly key?: RetryKey; readonly isOfOne?: boolean };

/** Where a retry goes, and whether its contact has opted out. */
type Retryable = Pick<RetryDraft, 'afterOptOut'> & { readonly address: Address };

export interface BulkRetryOutcome {
  readonly retried: readonly { readonly id: Types.ObjectId; readonly retryId: Types.ObjectId }[];
  readonly skipped: readonly { readonly id: Types.ObjectId; readonly error: AppError }[];
  /** Where to continue; null when done. */
  readonly nextCursor: string | null;
}

export type RetryService = ReturnType<typeof createRetries>;

/** Retries: new messages that replace failed or unknown ones. */
export function createRetries(deps: RetryDeps) {
  const { messages, acceptance, clock } = deps;
  const { store, storeLater, resume, assertRetryable } = createRetrySteps(deps);

  /** A bulk retry has no idempotency keys, because each message is retried at most once. */
  async function retryOne(
    scope: ClientScope,
    message: MessageDoc,
    { by, mayDuplicate, key, isOfOne = false }: OneRetry,
  ): Promise<MessageDoc> {
    const target = await assertRetryable(scope, message, { mayDuplicate, isOfOne });
    const draft = { now: clock.now(), createdBy: by.userId, ...target, ...key };
    const fresh = await store(scope, by, message, draft);
    if (fresh !== null) return fresh;
    throw alreadyRetried((await messages.findRetryOf(scope, message._id))?._id);
  }

  return {
    /** Returns the new message; the same one for the same idempotency key. */
    async retry(
      scope: ClientScope,
      id: Types.ObjectId,
      { idempotencyKey, ...request }: RetryRequest & { readonly idempotencyKey: string | undefined },
    ): Promise<MessageDoc> {
      const hash = acceptance.hashOf({ retryOf: id.toHexString() });
      const findRepeated = () => acceptance.findRepeated(scope, { idempotencyKey, hash });
      const earlier = await findRepeated();
      if (earlier !== null) return resume(earlier);
      const message = await messages.findById(scope, id);
      if (message === null || !isSentByProduct(message)) throw notFound('message');
      const key = idempotencyKey === undefined ? {} : { idempotencyKey, idempotencyHash: hash };
      try {
        return await retryOne(scope, message, { ...request, key, isOfOne: true });
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'already-retried') throw error;
        // A concurrent request with the same key may have won.
        const first = await findRepeated();
        if (first === null) throw error;
        return first;
      }
    },

    /** Retries matching messages that were not retried yet, oldest first. Each succeeds or is skipped on its own. */
    async retryMany(
      scope: ClientScope,
      filter: FailedFilter,
      {
        limit,
        after,
        ...request
      }: RetryRequest & { readonly limit: number; readonly after: Cursor<Date> | null },
    ): Promise<BulkRetryOutcome> {
      const found = await messages.findUnretried(scope, filter, { after, limit: limit + 1 });
      const { items, nextCursor } = toPage(found, limit, ({ timestamp, _id }) => ({
        key: timestamp,
        id: _id,
      }));
      const retried: { id: Types.ObjectId; retryId: Types.ObjectId }[] = [];
      const skipped: { id: Types.ObjectId; error: AppError }[] = [];
      for (const message of items) {
        try {
          const { _id: retryId } = await retryOne(scope, message, request);
          retried.push({ id: message._id, retryId });
        } catch (error) {
          if (!(error instanceof AppError) || !error.isRefusal) throw error;
          skipped.push({ id: message._id, error });
        }
      }
      return { retried, skipped, nextCursor };
    },

    /** Schedules an automatic retry, if the rule allows another one and the message does not expire before it. */
    async schedule(scope: ClientScope, failed: MessageDoc, rule: AutomaticRetryRule): Promise<void> {
      const now = clock.now();
      const sendAt = automaticRetryTimeOf(failed, rule, now);
      if (sendAt !== null) await storeLater(scope, failed, { now, sendAt });
    },
  };
}

/** Moves the conversation to the top. An answer that is sent again is the latest one that a person sent. */
async function turnOf(
  { conversations }: Pick<RetryDeps, 'conversations'>,
  scope: ClientScope,
  { messageType, conversationId, survey }: MessageDoc,
  now: Date,
): Promise<Pick<RetryDraft, 'turn' | 'place'>> {
  const takesTurn = messageType !== 'template' && survey === undefined;
  const thread = await conversations.takeIn(scope, conversationId, now, { takesTurn });
  if (thread === null) return {};
  const { turns: turn } = thread;
  return { place: placeOfOwn(thread), ...(takesTurn && turn !== undefined ? { turn } : {}) };
}

/** The steps of a retry. */
function createRetrySteps(deps: RetryDeps) {
  const { messages, acceptance, facts, audit, clock } = deps;

  /** Stores the new message with its audit event, and starts it. Null if the original was retried before. */
  async function store(
    scope: ClientScope,
    by: AuditActor,
    original: MessageDoc,
    draft: RetryDraft & RetryKey,
  ): Promise<MessageDoc | null> {
    const { idempotencyKey, idempotencyHash, ...rest } = draft;
    const turn = rest.sendAt === undefined ? await turnOf(deps, scope, original, rest.now) : {};
    const fresh = {
      ...draftRetry(original, { ...rest, ...turn }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(idempotencyHash === undefined ? {} : { idempotencyHash }),
    };
    const write = retriedWrite(original, fresh._id);
    try {
      await audit.audited(scope, by, async (session) => {
        await messages.insertRetry(scope, fresh, session);
        return { result: undefined, write };
      });
    } catch (error) {
      if (isDuplicateKey(error)) return null;
      throw error;
    }
    await acceptance.startWorkflow(fresh);
    return fresh;
  }

  /** Stores an automatic retry, to the current address of the contact. */
  async function storeLater(scope: ClientScope, failed: MessageDoc, draft: RetryDraft): Promise<void> {
    const person = await facts.readPerson(scope, failed);
    await store(scope, { type: 'system' }, failed, { ...draft, address: person?.address ?? null });
  }

  /** The first request may have died before it started the workflow. */
  async function resume(fresh: MessageDoc): Promise<MessageDoc> {
    if (hasNotLeft(fresh.status, fresh.dispatch)) await acceptance.startWorkflow(fresh);
    return fresh;
  }

  /** Throws if the message may not be retried; returns where it goes now. */
  async function assertRetryable(
    scope: ClientScope,
    message: MessageDoc,
    request: Required<Pick<OneRetry, 'mayDuplicate' | 'isOfOne'>>,
  ): Promise<Retryable> {
    const { status, retriedBy } = message;
    if (status !== 'failed' && status !== 'unknown') {
      throw wrongState(`The message is ${status}; only failed and unknown messages can be retried.`, status);
    }
    if (retriedBy !== undefined) throw alreadyRetried(retriedBy);
    if (status === 'unknown' && !request.mayDuplicate) {
      throw new AppError('may-duplicate', 'The original message may have been sent; its outcome is unknown.');
    }
    const now = clock.now();
    const offerEnd = offerEndOf(message.content);
    if (offerEnd !== undefined && offerEnd <= now) {
      throw new AppError('wrong-state', `The offer in the message ended at ${offerEnd.toISOString()}.`);
    }
    // Who retries one message can see that its contact has opted out; who retries many decides about none of them.
    const knowing = request.isOfOne ? ({ afterOptOut: true } as const) : {};
    const judged = { ...withoutAddress(message), ...knowing };
    const read = await assertGatesOpen(facts, scope, { message: judged, now });
    const { address } = read;
    if (address === null) {
      throw new AppError('contact-unreachable', 'The contact has no phone number and no user id any more.');
    }
    await assertSendable(deps, scope, message);
    return { address, ...(request.isOfOne ? knownOptOut(read) : {}) };
  }

  return { store, storeLater, resume, assertRetryable };
}

/** Only the contact's current address counts for a retry: the original may have failed because of its own. */
const withoutAddress = ({
  to: _to,
  recipientUserId: _userId,
  acceptedFor: _accepted,
  ...message
}: MessageDoc): GatedMessage => message;

/** A retry needs the same channel and template as a new send; the gates alone would only hold it. */
async function assertSendable(
  { channels, templates }: RetryDeps,
  scope: ClientScope,
  { channelId, templateName: name, content }: MessageDoc,
): Promise<void> {
  await channels.requireForSend(scope, channelId);
  if (name === undefined || content.template === undefined) return;
  await templates.requireStillSendable(scope, { channelId, name, language: content.template.language.code });
}

/** The audit event records that the caller accepted a possible duplicate. */
const retriedWrite = ({ _id, status }: MessageDoc, retriedBy: Types.ObjectId): AuditedWrite => ({
  action: 'message.retried',
  target: { type: 'message', id: _id },
  before: null,
  after: { retriedBy, ...(status === 'unknown' ? { mayDuplicate: true } : {}) },
});

function alreadyRetried(retryId: Types.ObjectId | undefined): AppError {
  if (retryId === undefined) return new AppError('already-retried', 'Another message already replaces it.');
  const retriedBy = retryId.toHexString();
  return new AppError('already-retried', `Message ${retriedBy} already replaces it.`, {
    extensions: { retriedBy },
  });
}
