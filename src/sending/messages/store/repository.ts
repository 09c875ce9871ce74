import type { ClientSession, Connection, mongo, Types } from 'mongoose';
import { createBulkWriter } from '../../../platform/bulk-writer.ts';
import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import type { MessageStatus } from '../lifecycle.ts';
import type { EndObserver } from '../observer.ts';
import { messageModel, type MessageDoc } from './model.ts';
import { createConsentWrites } from './consent-writes.ts';
import { createDispatchWrites } from './dispatch-writes.ts';
import { createReceiptQueries } from './receipt-queries.ts';
import { createRetryQueries } from './retry-queries.ts';
import { createSweepQueries } from './sweep-queries.ts';
import { createUsageQueries } from './usage-queries.ts';

export type { MessageContent, MessageDoc } from './model.ts';
export type { Claim } from './dispatch-writes.ts';
export type { ReceiptTarget } from './receipt-queries.ts';
export type { FailedFilter } from './retry-queries.ts';
export type { HeldFilter } from './usage-queries.ts';

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

export type MessageRepository = ReturnType<typeof createMessageRepository>;

/** Every query of the messages collection. Writes are compare-and-set on what `lifecycle.ts` allows. */
export function createMessageRepository(connection: Connection, onEnded?: EndObserver) {
  // The driver's collection, not the model: these are the hot paths, and every value in a filter is typed.
  const messages = messageModel(connection).collection as unknown as mongo.Collection<MessageDoc>;
  const writeBulk = createBulkWriter(messages);

  return {
    ...createConsentWrites(messages),
    ...createDispatchWrites(messages, writeBulk, onEnded),
    ...createReceiptQueries(messages, writeBulk),
    ...createUsageQueries(messages),
    ...createRetryQueries(messages),
    ...createSweepQueries(messages),

    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<MessageDoc | null> =>
      messages.findOne({ _id, ...scope }, session === undefined ? {} : { session }),

    /** Stores a new message; false when the idempotency key or the provider's id is taken. */
    async insert(scope: ClientScope, message: MessageDoc): Promise<boolean> {
      try {
        await writeBulk([{ insertOne: { document: { ...message, ...scope } } }]);
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },

    findByIdempotencyKey: (scope: ClientScope, idempotencyKey: string): Promise<MessageDoc | null> =>
      messages.findOne({ idempotencyKey, ...scope }),

    /** Our id of the message that has this id of the provider's, in either direction. */
    async findIdByProviderId(scope: ClientScope, providerMessageId: string): Promise<Types.ObjectId | null> {
      const options = { projection: { _id: 1 } } as const;
      return (await messages.findOne({ providerMessageId, ...scope }, options))?._id ?? null;
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
              // The bound outside of the alternative lets one index serve filter and order.
              timestamp: { $lte: after.timestamp },
              $or: [{ timestamp: { $lt: after.timestamp } }, { _id: { $lt: after._id } }],
            };
      return messages
        .find({ ...filter, ...position, ...scope })
        .sort({ timestamp: -1, _id: -1 })
        .limit(limit)
        .project<MessageListItem>({ statusHistory: 0 })
        .toArray();
    },
  };
}
