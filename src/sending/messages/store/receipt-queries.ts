import type { Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { ScopedBulkWriter, TenantCollection } from '../../../platform/tenant-collection.ts';
import type { ScopedOperation } from '../../../platform/tenant-queries.ts';
import { hasFailed, receiptKey, type Receipt } from '../contract.ts';
import { datedFailure, datedPricing, statusesThatYieldTo, type MessageStatus } from '../lifecycle.ts';
import type { MessageDoc, StatusEntry } from './model.ts';

/** What a receipt needs to know of its message. */
export interface ReceiptTarget {
  readonly _id: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
  readonly to?: string;
  readonly dispatch: { readonly isToSuspect?: boolean };
  readonly status: MessageStatus;
  readonly providerMessageId?: string;
  readonly statusHistory: readonly { readonly key: string }[];
  readonly openFailures?: readonly string[];
}

/** A thread has thousands of messages at the most. */
const maxQueryMs = 5_000;

/** Finding the messages that receipts speak of, and storing what they say. */
export function createReceiptQueries(
  messages: TenantCollection<MessageDoc>,
  writeBulk: ScopedBulkWriter<MessageDoc>,
) {
  return {
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
      return messages.find<ReceiptTarget>(
        scope,
        { $or: either, channelId, direction: 'outbound' },
        {
          projection: {
            conversationId: 1,
            contactId: 1,
            to: 1,
            'dispatch.isToSuspect': 1,
            status: 1,
            providerMessageId: 1,
            'statusHistory.key': 1,
            openFailures: 1,
          },
        },
      );
    },

    /** Whether a message to the number was delivered or read, or one came in these threads, since then. */
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
     * Adds receipts to the history, each once, and moves the status where the lifecycle says so. Every write here gives
     * the same end in any order: a set of keys, the greatest word, the highest status. With `areFailuresOpen` a new
     * `failed` one is marked until `closeFailures` says that its consequences are there.
     */
    async applyReceipts(
      scope: ClientScope,
      _id: Types.ObjectId,
      receipts: readonly Receipt[],
      { areFailuresOpen = false }: { areFailuresOpen?: boolean } = {},
    ): Promise<void> {
      if (receipts.length === 0) return;
      const writes = receipts.flatMap((receipt) => receiptWrites(_id, receipt, { areFailuresOpen }));
      await writeBulk(scope, writes);
    },

    async closeFailures(scope: ClientScope, _id: Types.ObjectId, keys: readonly string[]): Promise<void> {
      await messages.updateOne(scope, { _id }, { $pull: { openFailures: { $in: [...keys] } } });
    },
  };
}

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
    raw: {
      word: receipt.word,
      ...(failure === undefined ? {} : { code: failure.code, detail: failure.detail }),
    },
  };
  const failed = status === 'failed' && failure !== undefined ? { failure: datedFailure(at, failure) } : {};
  const writes: ScopedOperation<MessageDoc>[] = [
    {
      updateOne: {
        filter: { _id, 'statusHistory.key': { $ne: entry.key } },
        update: {
          $push: {
            statusHistory: entry,
            ...(areFailuresOpen && hasFailed(receipt) ? { openFailures: entry.key } : {}),
          },
          // A failure is kept under a higher status too: which of the two came first must not matter.
          $max: { ...failed, ...(pricing === undefined ? {} : { pricing: datedPricing(at, pricing) }) },
        },
      },
    },
  ];
  if (status === null) return writes;
  writes.push({
    updateOne: {
      filter: { _id, status: { $in: statusesThatYieldTo(status) } },
      // The two may be carried out in either order: nobody sees a message that failed for no reason.
      update: { $set: { status, providerMessageId }, $max: failed },
    },
  });
  return writes;
}
