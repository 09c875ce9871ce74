import type { Connection, mongo, Types } from 'mongoose';
import { durableWrite, isDuplicateKey, type ClientScope } from '../platform/mongo.ts';
import { receiptKey, type Receipt } from './contract.ts';
import {
  decideClaim,
  decideWithdrawal,
  statusesThatYieldTo,
  statusOfOutcome,
  unsentStatuses,
  type ClaimDecision,
  type DispatchOutcome,
  type MessageFailure,
  type MessageStatus,
  type WithdrawReason,
} from './lifecycle.ts';
import { messageModel, type DispatchAttempt, type MessageDoc, type StatusEntry } from './model.ts';

export type { MessageDoc, StatusEntry } from './model.ts';

/** A list leaves out what only the single view shows. */
export type MessageListItem = Omit<MessageDoc, 'statusHistory'>;

export interface MessageFilter {
  readonly conversationId?: Types.ObjectId;
  readonly status?: MessageStatus;
}

export interface MessagePosition {
  readonly timestamp: Date;
  readonly _id: Types.ObjectId;
}

export interface Claim {
  readonly decision: ClaimDecision;
  readonly message: MessageDoc;
}

/** What a receipt needs to know of its message. */
export interface ReceiptTarget {
  readonly _id: Types.ObjectId;
  readonly status: MessageStatus;
  readonly providerMessageId?: string;
  readonly statusHistory: readonly { readonly key: string }[];
}

export type MessageRepository = ReturnType<typeof createMessageRepository>;

const statusEntry = (status: MessageStatus, timestamp: Date, raw?: StatusEntry['raw']): StatusEntry => ({
  key: `${status}:${timestamp.getTime()}`,
  status,
  timestamp,
  ...(raw === undefined ? {} : { raw }),
});

const attemptsKept = 50;
const pushAttempt = (attempt: DispatchAttempt) => ({ $each: [attempt], $slice: -attemptsKept });

/** Every query of the messages collection. Writes are compare-and-set on what `lifecycle.ts` allows. */
export function createMessageRepository(connection: Connection) {
  // The driver's collection, not the model: these are the hot paths, and every value in a filter is typed.
  const messages = messageModel(connection).collection as unknown as mongo.Collection<MessageDoc>;

  async function findById(scope: ClientScope, _id: Types.ObjectId): Promise<MessageDoc | null> {
    return messages.findOne({ _id, ...scope });
  }

  return {
    findById,

    /** Stores a new message; false when the idempotency key or the provider's id is taken. */
    async insert(scope: ClientScope, message: MessageDoc): Promise<boolean> {
      try {
        await messages.insertOne({ ...message, ...scope }, { writeConcern: durableWrite });
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },

    findByIdempotencyKey: (scope: ClientScope, idempotencyKey: string): Promise<MessageDoc | null> =>
      messages.findOne({ idempotencyKey, ...scope }),

    findByProviderMessageId: (scope: ClientScope, providerMessageId: string): Promise<MessageDoc | null> =>
      messages.findOne({ providerMessageId, ...scope }),

    /** The outbound messages of a channel with these ids of ours or of the provider. */
    findReceiptTargets(
      scope: ClientScope,
      channelId: Types.ObjectId,
      { ids, providerMessageIds }: { ids: Types.ObjectId[]; providerMessageIds: string[] },
    ): Promise<ReceiptTarget[]> {
      const either = [
        ...(ids.length === 0 ? [] : [{ _id: { $in: ids } }]),
        ...(providerMessageIds.length === 0 ? [] : [{ providerMessageId: { $in: providerMessageIds } }]),
      ];
      return messages
        .find({ $or: either, channelId, direction: 'outbound', ...scope })
        .project<ReceiptTarget>({ status: 1, providerMessageId: 1, 'statusHistory.key': 1 })
        .toArray();
    },

    /** Newest first; `after` is the last item of the page before. */
    list(
      scope: ClientScope,
      filter: MessageFilter,
      page: { limit: number; after: MessagePosition | null },
    ): Promise<MessageListItem[]> {
      const { after, limit } = page;
      const position: mongo.Filter<MessageDoc> =
        after === null
          ? {}
          : {
              $or: [
                { timestamp: { $lt: after.timestamp } },
                { timestamp: after.timestamp, _id: { $lt: after._id } },
              ],
            };
      return messages
        .find({ ...filter, ...position, ...scope })
        .sort({ timestamp: -1, _id: -1 })
        .limit(limit)
        .project<MessageListItem>({ statusHistory: 0 })
        .toArray();
    },

    /**
     * Takes the right to call the provider, at most one holder at a time. May be repeated with the same `token`
     * when the answer was lost. Null when there is no such message.
     */
    async claim(
      scope: ClientScope,
      _id: Types.ObjectId,
      { token, now }: { token: string; now: Date },
    ): Promise<Claim | null> {
      const claimed = await messages.findOneAndUpdate(
        {
          _id,
          status: { $in: [...unsentStatuses] },
          'dispatch.isCalling': false,
          $or: [{ expiresAt: { $exists: false } }, { expiresAt: { $gt: now } }],
          ...scope,
        },
        {
          $set: {
            status: 'sending',
            'dispatch.isCalling': true,
            'dispatch.token': token,
            'dispatch.startedAt': now,
          },
          $inc: { 'dispatch.attempt': 1 },
          $push: { statusHistory: statusEntry('sending', now) },
        },
        { returnDocument: 'after' },
      );
      if (claimed !== null) return { decision: 'call', message: claimed };
      const message = await findById(scope, _id);
      if (message === null) return null;
      if (message.dispatch.isCalling && message.dispatch.token === token) return { decision: 'call', message };
      const { status, dispatch, expiresAt } = message;
      return { decision: decideClaim({ status, dispatch, expiresAt: expiresAt ?? null }, now), message };
    },

    /** Gives the claim back after an answer that allows another attempt; changes nothing if it is not ours. */
    async release(
      scope: ClientScope,
      _id: Types.ObjectId,
      { token, attempt }: { token: string; attempt: DispatchAttempt },
    ): Promise<void> {
      await messages.updateOne(
        { _id, 'dispatch.isCalling': true, 'dispatch.token': token, ...scope },
        { $set: { 'dispatch.isCalling': false }, $push: { 'dispatch.attempts': pushAttempt(attempt) } },
      );
    },

    /** Stores the outcome of call number `attempt`; a repetition changes nothing, a receipt before it stands. */
    async recordOutcome(
      scope: ClientScope,
      _id: Types.ObjectId,
      { outcome, attempt }: { outcome: DispatchOutcome; attempt: DispatchAttempt },
    ): Promise<void> {
      const status = statusOfOutcome[outcome.kind];
      const call = { _id, 'dispatch.attempt': attempt.number, ...scope };
      const accepted =
        outcome.kind === 'accepted' ? { providerMessageId: outcome.providerMessageId } : undefined;
      const failure = outcome.kind === 'rejected' ? { failure: outcome.failure } : undefined;
      await messages.bulkWrite([
        {
          updateOne: {
            filter: { ...call, status: { $in: statusesThatYieldTo(status) } },
            update: {
              $set: { status, ...failure },
              $push: { statusHistory: statusEntry(status, attempt.endedAt, rawOfOutcome(outcome)) },
            },
          },
        },
        {
          updateOne: {
            filter: { ...call, 'dispatch.isCalling': true },
            update: {
              $set: { 'dispatch.isCalling': false, ...accepted },
              $push: { 'dispatch.attempts': pushAttempt(attempt) },
            },
          },
        },
      ]);
    },

    /** Adds receipts to the history, each once, and moves the status where the lifecycle says so. */
    async applyReceipts(
      scope: ClientScope,
      _id: Types.ObjectId,
      receipts: readonly Receipt[],
    ): Promise<void> {
      if (receipts.length === 0) return;
      const one = { _id, ...scope };
      await messages.bulkWrite(receipts.flatMap((receipt) => receiptWrites(one, receipt)));
    },

    /** Cancels a message that has certainly not left; false when it may have, or was canceled before. */
    async cancel(scope: ClientScope, _id: Types.ObjectId, now: Date): Promise<boolean> {
      const written = await messages.updateOne(
        { _id, status: { $in: [...unsentStatuses] }, 'dispatch.isCalling': false, ...scope },
        { $set: { status: 'canceled' }, $push: { statusHistory: statusEntry('canceled', now) } },
      );
      return written.modifiedCount === 1;
    },

    /** Closes a message that will not be dispatched any more: one in the middle of a call is unknown. Answers the status it has then; null when it is not there. */
    async withdraw(
      scope: ClientScope,
      _id: Types.ObjectId,
      withdrawal: { reason: WithdrawReason; failure?: MessageFailure | undefined; now: Date },
    ): Promise<MessageStatus | null> {
      const { reason, failure, now } = withdrawal;
      for (;;) {
        const message = await findById(scope, _id);
        if (message === null) return null;
        const status = decideWithdrawal(message.status, message.dispatch, reason);
        if (status === message.status) return status;
        const { isCalling } = message.dispatch;
        const written = await messages.updateOne(
          { _id, status: message.status, 'dispatch.isCalling': isCalling, ...scope },
          {
            $set: { status, ...(status === 'failed' && failure !== undefined ? { failure } : {}) },
            $push: { statusHistory: statusEntry(status, now) },
          },
        );
        // Somebody was faster: judge what stands now. Ends, because a status only moves forward.
        if (written.modifiedCount === 1) return status;
      }
    },

    /** Across all tenants: messages that have not left and may lack a running workflow, oldest first. */
    findUnsentAcrossClients(olderThan: Date, limit: number): Promise<MessageDoc[]> {
      return messages
        .find({
          status: { $in: [...unsentStatuses] },
          timestamp: { $lt: olderThan },
          $or: [{ sweptAt: { $exists: false } }, { sweptAt: { $lt: olderThan } }],
        })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
    },

    async markSwept(scope: ClientScope, _id: Types.ObjectId, now: Date): Promise<void> {
      await messages.updateOne({ _id, ...scope }, { $set: { sweptAt: now } });
    },
  };
}

function rawOfOutcome(outcome: DispatchOutcome): StatusEntry['raw'] {
  switch (outcome.kind) {
    case 'accepted':
      return outcome.isHeld ? { held: true } : {};
    case 'rejected':
      return { code: outcome.failure.code, detail: outcome.failure.detail };
    case 'unknown':
      return { reason: outcome.reason };
  }
}

function receiptWrites(
  one: { _id: Types.ObjectId; clientId: Types.ObjectId },
  receipt: Receipt,
): mongo.AnyBulkWriteOperation<MessageDoc>[] {
  const { status, providerMessageId, failure, pricing } = receipt;
  const entry: StatusEntry = {
    key: receiptKey(receipt),
    status: status ?? 'unknown',
    timestamp: new Date(receipt.timestampMs),
    raw: { word: receipt.word, ...(failure === undefined ? {} : { code: failure.code, detail: failure.detail }) },
  };
  const writes: mongo.AnyBulkWriteOperation<MessageDoc>[] = [
    {
      updateOne: {
        filter: { ...one, 'statusHistory.key': { $ne: entry.key } },
        update: { $push: { statusHistory: entry }, $set: pricing === undefined ? {} : { pricing } },
      },
    },
  ];
  if (status === null) return writes;
  const failed = status === 'failed' && failure !== undefined ? { failure } : undefined;
  writes.push({
    updateOne: {
      filter: { ...one, status: { $in: statusesThatYieldTo(status) } },
      update: { $set: { status, providerMessageId, ...failed } },
    },
  });
  return writes;
}
