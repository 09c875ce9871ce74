import type { Connection, mongo, Types } from 'mongoose';
import { findOrInsert, type ClientScope } from '../platform/mongo.ts';
import { conversationModel, type ConversationDoc } from './model.ts';

export type { ConversationDoc } from './model.ts';

export interface ConversationKey {
  readonly channelId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
}

export interface InboundTouch {
  readonly windowExpiresAt: Date;
  /** False when the provider repeats a message that is stored already. */
  readonly isNew: boolean;
}

export type ConversationRepository = ReturnType<typeof createConversationRepository>;

export function createConversationRepository(connection: Connection) {
  const conversations = conversationModel(connection)
    .collection as unknown as mongo.Collection<ConversationDoc>;

  return {
    findById: (scope: ClientScope, _id: Types.ObjectId): Promise<ConversationDoc | null> =>
      conversations.findOne({ _id, ...scope }),

    /** The thread that is not closed, with `at` as its latest message; null when there is none. */
    touchLive: (scope: ClientScope, key: ConversationKey, at: Date): Promise<ConversationDoc | null> =>
      conversations.findOneAndUpdate(
        { ...key, status: { $in: ['open', 'pending'] }, ...scope },
        { $max: { lastMessageAt: at } },
        { returnDocument: 'after' },
      ),

    /** The thread that is not closed, made from `fresh` when there is none; the unique index decides races. */
    async findOrInsertLive(
      scope: ClientScope,
      key: ConversationKey,
      fresh: Omit<ConversationDoc, 'clientId' | 'channelId' | 'contactId' | 'lastMessageAt' | 'status'>,
      lastMessageAt: Date,
    ): Promise<ConversationDoc> {
      return findOrInsert(
        conversations,
        { ...key, status: { $in: ['open', 'pending'] }, ...scope },
        { $setOnInsert: { ...fresh, status: 'open' }, $max: { lastMessageAt } },
      );
    },

    /** Moves the customer service window, only ever forward; counts the message if it is a new one. */
    async touchByInbound(scope: ClientScope, _id: Types.ObjectId, touch: InboundTouch): Promise<void> {
      await conversations.updateOne(
        { _id, ...scope },
        { $max: { windowExpiresAt: touch.windowExpiresAt }, $inc: { unreadCount: touch.isNew ? 1 : 0 } },
      );
    },
  };
}
