import type { ClientSession, Connection, Types } from 'mongoose';
import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import { withinPageBytes } from '../../../platform/pagination.ts';
import { openTenantCollection } from '../../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../../platform/tenant-queries.ts';
import type { MessageStatus } from '../lifecycle.ts';
import type { EndObserver } from '../observer.ts';
import { messageModel, type MessageDoc } from './model.ts';
import { createCallQueries } from './call-queries.ts';
import { createCallWrites } from './call-writes.ts';
import { createConsentWrites } from './consent-writes.ts';
import { createDispatchWrites } from './dispatch-writes.ts';
import { createInboundWrites } from './inbound-writes.ts';
import { createReceiptQueries } from './receipt-queries.ts';
import { createRetryQueries } from './retry-queries.ts';
import { createSweepQueries } from './sweep-queries.ts';
import { createTurnWrites } from './turn-writes.ts';
import { createUsageQueries } from './usage-queries.ts';
import { createSourceRepository } from '../sources/repository.ts';

export type { MessageChange, MessageContent, MessageDoc } from './model.ts';
export type { Claim } from './claim-writes.ts';
export type { ReceiptTarget } from './receipt-queries.ts';
export type { FailedFilter } from './retry-queries.ts';
export type { HeldFilter } from './usage-queries.ts';

/** An item of a list, without the fields that only the single view shows, and with the latest change at most. */
export type MessageListItem = Omit<MessageDoc, 'statusHistory' | 'participants'>;

/** Objects that earlier versions stored with the message; larger ones are left out of lists. */
const maxListedRawBytes = 64 * 1_024;

const isListedRaw = {
  $and: [
    { $eq: [{ $type: '$content.raw' }, 'object'] },
    { $lte: [{ $bsonSize: { $ifNull: ['$content.raw', {}] } }, maxListedRawBytes] },
  ],
};

/** What a list reads of a message. */
const listStages = [
  { $unset: ['statusHistory', 'participants'] },
  {
    $set: {
      'content.raw': { $cond: [isListedRaw, '$content.raw', '$$REMOVE'] },
      changes: { $cond: [{ $isArray: '$changes' }, { $slice: ['$changes', -1] }, '$$REMOVE'] },
    },
  },
];

export interface MessageFilter {
  readonly conversationId?: Types.ObjectId;
  readonly status?: MessageStatus;
}

export interface MessagePosition {
  readonly timestamp: Date;
  readonly _id: Types.ObjectId;
}

export type MessageRepository = ReturnType<typeof createMessageRepository>;

/** All queries of the messages collection. Writes are compare-and-set on the statuses that `lifecycle.ts` allows. */
export function createMessageRepository(connection: Connection, onEnded?: EndObserver) {
  const messages = openTenantCollection(messageModel, connection);
  const writeBulk = messages.createBulkWriter();

  return {
    ...createCallQueries(messages),
    ...createCallWrites(messages),
    ...createConsentWrites(messages),
    ...createDispatchWrites(messages, writeBulk, onEnded),
    ...createInboundWrites(messages),
    ...createReceiptQueries(messages, writeBulk),
    ...createSourceRepository(connection),
    ...createUsageQueries(messages),
    ...createRetryQueries(messages),
    ...createSweepQueries(messages),
    ...createTurnWrites(messages),

    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<MessageDoc | null> => messages.findOne(scope, { _id }, { session }),

    /** Stores a new message; false if the idempotency key or the provider's id is taken. */
    async insert(scope: ClientScope, message: MessageDoc): Promise<boolean> {
      try {
        await writeBulk(scope, [{ insertOne: { document: message } }]);
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },

    findByIdempotencyKey: (scope: ClientScope, idempotencyKey: string): Promise<MessageDoc | null> =>
      messages.findOne(scope, { idempotencyKey }),

    /** The message with this provider id, in either direction, and whom it was for. */
    findAnswered: (
      scope: ClientScope,
      providerMessageId: string,
    ): Promise<Pick<MessageDoc, '_id' | 'direction' | 'contactId' | 'to' | 'recipientUserId'> | null> =>
      messages.findOne(
        scope,
        { providerMessageId },
        { projection: { direction: 1, contactId: 1, to: 1, recipientUserId: 1 } },
      ),

    /** Newest first; `after` is the last item of the page before. For `toBoundedPage`. */
    list(
      scope: ClientScope,
      filter: MessageFilter,
      page: { limit: number; after: MessagePosition | null },
    ): Promise<MessageListItem[]> {
      const { after, limit } = page;
      const position: ScopedFilter<MessageDoc> =
        after === null
          ? {}
          : {
              // The bound outside the $or lets one index serve filter and order.
              timestamp: { $lte: after.timestamp },
              $or: [{ timestamp: { $lt: after.timestamp } }, { _id: { $lt: after._id } }],
            };
      const sort = { timestamp: -1, _id: -1 } as const;
      return messages.aggregate<MessageListItem>(scope, { ...filter, ...position }, [
        { $sort: sort },
        { $limit: limit },
        ...listStages,
        ...withinPageBytes(sort),
      ]);
    },
  };
}
