import type { Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { ScopedBulkWriter, TenantCollection } from '../../../platform/tenant-collection.ts';
import type { ScopedOperation } from '../../../platform/tenant-queries.ts';
import { hasFailed, receiptKey, type Receipt } from '../contract.ts';
import { datedFailure, datedPricing, statusesThatYieldTo, type MessageStatus } from '../lifecycle.ts';
import { createEchoReplacement } from './echo-writes.ts';
import { hasHistoryRoom, type MessageDoc, type ParticipantReport, type StatusEntry } from './model.ts';

/** The fields of a message that receipts need. */
export interface ReceiptTarget {
  readonly _id: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
  readonly senderType: MessageDoc['senderType'];
  readonly messageType: string;
  readonly to?: string;
  readonly recipientUserId?: string;
  readonly timestamp: Date;
  readonly dispatch: { readonly isToSuspect?: boolean; readonly startedAt?: Date };
  readonly status: MessageStatus;
  readonly providerMessageId?: string;
  readonly statusHistory: readonly { readonly key: string }[];
  readonly openFailures?: readonly string[];
}

const targetFields = {
  conversationId: 1,
  contactId: 1,
  senderType: 1,
  messageType: 1,
  to: 1,
  recipientUserId: 1,
  timestamp: 1,
  'dispatch.isToSuspect': 1,
  'dispatch.startedAt': 1,
  status: 1,
  providerMessageId: 1,
  'statusHistory.key': 1,
  openFailures: 1,
} as const;

/** Groups have at most a few participants, and each reports a few times. */
const maxParticipants = 256;

/** Time limit of `hasReached`; a conversation has thousands of messages at most. */
const maxQueryMs = 5_000;

/** Finds the messages of receipts, and stores receipts. */
export function createReceiptQueries(
  messages: TenantCollection<MessageDoc>,
  writeBulk: ScopedBulkWriter<MessageDoc>,
) {
  const replaceEcho = createEchoReplacement(messages);
  return {
    ...createParticipantWrites(messages),

    /** The outbound messages of a channel with one of these ids, ours or the provider's. */
    findReceiptTargets(
      scope: ClientScope,
      channelId: Types.ObjectId,
      { ids, providerMessageIds }: { ids: Types.ObjectId[]; providerMessageIds: string[] },
    ): Promise<ReceiptTarget[]> {
      const either = [
        ...(ids.length === 0 ? [] : [{ _id: { $in: ids } }]),
        ...(providerMessageIds.length === 0 ? [] : [{ providerMessageId: { $in: providerMessageIds } }]),
      ];
      return messages.find<ReceiptTarget>(
        scope,
        { $or: either, channelId, direction: 'outbound' },
        { projection: targetFields },
      );
    },

    /** Whether, since then, a message to the number was delivered or read, or one arrived in these conversations. */
    async hasReached(
      scope: ClientScope,
      conversationIds: readonly Types.ObjectId[],
      { phoneNumber: to, since }: { phoneNumber: string; since: Date },
    ): Promise<boolean> {
      const reached = { status: { $in: ['delivered', 'read'] }, timestamp: { $gte: since } };
      const found = await messages.findOne(
        scope,
        {
          conversationId: { $in: [...conversationIds] },
          $or: [
            { direction: 'inbound', timestamp: { $gte: since } },
            { to, statusHistory: { $elemMatch: reached } },
          ],
        },
        { projection: { _id: 1 }, maxTimeMS: maxQueryMs },
      );
      return found !== null;
    },

    /**
     * Adds receipts to the history, each once, and raises the status as the lifecycle allows. All writes commute: a set
     * of keys (bounded by `hasHistoryRoom`), the latest statement, the highest status. With `areFailuresOpen`, new `failed` receipts are listed in
     * `openFailures` until `closeFailures` confirms that their effects were applied.
     */
    async applyReceipts(
      scope: ClientScope,
      _id: Types.ObjectId,
      receipts: readonly Receipt[],
      { areFailuresOpen = false }: { areFailuresOpen?: boolean } = {},
    ): Promise<void> {
      if (receipts.length === 0) return;
      const writes = receipts.flatMap((receipt) => receiptWrites(_id, receipt, { areFailuresOpen }));
      const providerMessageId = receipts[0]?.providerMessageId;
      await replaceEcho(scope, { _id, providerMessageId }, () => writeBulk(scope, writes));
    },

    async closeFailures(scope: ClientScope, _id: Types.ObjectId, keys: readonly string[]): Promise<void> {
      await messages.updateOne(scope, { _id }, { $pull: { openFailures: { $in: [...keys] } } });
    },
  };
}

/** All that the provider said, for the history. */
function rawOf({ word, failure, pricing, details = {} }: Receipt): NonNullable<StatusEntry['raw']> {
  const { billable, conversation, errors, recipientType, more } = details;
  const price = { ...pricing, ...(billable === undefined ? {} : { billable }) };
  const { expiresAtMs, ...about } = conversation ?? {};
  const expiry = expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs).toISOString() };
  return {
    word,
    ...(failure === undefined ? {} : { code: failure.code, detail: failure.detail }),
    ...(Object.keys(price).length === 0 ? {} : { pricing: price }),
    ...(conversation === undefined ? {} : { conversation: { ...about, ...expiry } }),
    ...(errors === undefined ? {} : { errors }),
    ...(recipientType === undefined ? {} : { recipientType }),
    ...(more === undefined ? {} : { more }),
  };
}

/** Reports of the participants of a group. */
const createParticipantWrites = (messages: TenantCollection<MessageDoc>) => ({
  /** Adds what participants of a group reported, each once; the latest are kept. */
  async noteParticipants(
    scope: ClientScope,
    _id: Types.ObjectId,
    reports: readonly ParticipantReport[],
  ): Promise<void> {
    for (const report of reports) {
      await messages.updateOne(
        scope,
        { _id, participants: { $not: { $elemMatch: report } } },
        { $push: { participants: { $each: [report], $slice: -maxParticipants } } },
      );
    }
  },
});

function receiptWrites(
  _id: Types.ObjectId,
  receipt: Receipt,
  { areFailuresOpen }: { areFailuresOpen: boolean },
): ScopedOperation<MessageDoc>[] {
  const { status, providerMessageId, failure, pricing } = receipt;
  const at = new Date(receipt.timestampMs);
  const entry: StatusEntry = {
    key: receiptKey(receipt),
    status: status ?? 'unknown',
    timestamp: at,
    raw: rawOf(receipt),
  };
  const failed = status === 'failed' && failure !== undefined ? { failure: datedFailure(at, failure) } : {};
  const writes: ScopedOperation<MessageDoc>[] = [
    {
      updateOne: {
        filter: { _id, 'statusHistory.key': { $ne: entry.key }, ...hasHistoryRoom },
        update: {
          $push: {
            statusHistory: entry,
            ...(areFailuresOpen && hasFailed(receipt) ? { openFailures: entry.key } : {}),
          },
          // Stores the failure under a higher status too, so that the order of arrival does not matter.
          $max: { ...failed, ...(pricing === undefined ? {} : { pricing: datedPricing(at, pricing) }) },
        },
      },
    },
  ];
  if (status === null) return writes;
  writes.push({
    updateOne: {
      filter: { _id, status: { $in: statusesThatYieldTo(status) } },
      // The two writes may run in either order, so both store the failure: a failed message always has its reason.
      update: { $set: { status, providerMessageId }, $max: failed },
    },
  });
  return writes;
}
