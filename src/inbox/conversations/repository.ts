import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Cursor } from '../../platform/pagination.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import {
  conversationModel,
  conversationStatuses,
  type ConversationDoc,
  type ConversationRecord,
  type ConversationStatus,
} from './model.ts';

export type { ConversationDoc, ConversationRecord, ConversationStatus } from './model.ts';

export interface ConversationKey {
  readonly channelId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
}

export interface InboundTouch {
  readonly windowExpiresAt: Date;
  /** False when the provider repeats a message that is stored already. */
  readonly isNew: boolean;
}

export interface ConversationFilter {
  readonly status?: ConversationStatus;
  /** Null: assigned to nobody. */
  readonly assignedAgentId?: Types.ObjectId | null;
  readonly leadId?: Types.ObjectId;
  readonly contactId?: Types.ObjectId;
  readonly isUnread?: true;
}

const live = { $in: ['open', 'pending'] satisfies ConversationStatus[] };
const withoutHistory = { projection: { history: 0 } } as const;

export type ConversationRepository = ReturnType<typeof createConversationRepository>;

export function createConversationRepository(connection: Connection) {
  const conversations = openTenantCollection(conversationModel, connection);

  return {
    ...createMessageTouches(conversations),
    ...createDecisions(conversations),

    findById: (scope: ClientScope, _id: Types.ObjectId): Promise<ConversationDoc | null> =>
      conversations.findOne<ConversationDoc>(scope, { _id }, withoutHistory),

    findWithHistory: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<ConversationRecord | null> => conversations.findOne(scope, { _id }, { session }),

    /** The thread of this contact and channel that is not closed. */
    findLive: (scope: ClientScope, key: ConversationKey): Promise<ConversationDoc | null> =>
      conversations.findOne<ConversationDoc>(scope, { ...key, status: live }, withoutHistory),

    /** The thread of this contact and channel with the latest window, closed threads too. */
    findWithLatestWindow: (scope: ClientScope, key: ConversationKey): Promise<ConversationDoc | null> =>
      conversations.findOne<ConversationDoc>(
        scope,
        { ...key, windowExpiresAt: { $exists: true } },
        { ...withoutHistory, sort: { windowExpiresAt: -1 } },
      ),

    countLiveOn: (scope: ClientScope, channelId: Types.ObjectId, atMost: number): Promise<number> =>
      conversations.count(scope, { channelId, status: live }, { limit: atMost }),

    /** Latest message first; without history. */
    list: (
      scope: ClientScope,
      filter: ConversationFilter,
      { limit, after }: { limit: number; after: Cursor<Date> | null },
    ): Promise<ConversationDoc[]> =>
      conversations.find<ConversationDoc>(
        scope,
        { ...toQuery(filter), ...(after === null ? {} : positionAfter(after)) },
        { ...withoutHistory, sort: { lastMessageAt: -1, _id: -1 }, limit },
      ),
  };
}

/** What messages do to conversations: the hot path. None of it touches `version`. */
const createMessageTouches = (conversations: TenantCollection<ConversationRecord>) => ({
  /** The thread that is not closed, with `at` as its latest message; null when there is none. */
  touchLive: (scope: ClientScope, key: ConversationKey, at: Date): Promise<ConversationDoc | null> =>
    conversations.findOneAndUpdate(
      scope,
      { ...key, status: live },
      { $max: { lastMessageAt: at } },
      { returnDocument: 'after', ...withoutHistory },
    ),

  /** The thread that is not closed, made from `fresh` when there is none; the unique index decides races. */
  findOrInsertLive(
    scope: ClientScope,
    key: ConversationKey,
    fresh: Omit<ConversationDoc, 'clientId' | 'channelId' | 'contactId' | 'lastMessageAt' | 'status'>,
    lastMessageAt: Date,
  ): Promise<ConversationDoc> {
    return conversations.findOrInsert(
      scope,
      { ...key, status: live },
      { $setOnInsert: { ...fresh, status: 'open', history: [] }, $max: { lastMessageAt } },
    );
  },

  /** Moves the end of the free entry point, only ever forward. */
  async noteFreeEntry(scope: ClientScope, _id: Types.ObjectId, until: Date): Promise<void> {
    await conversations.updateOne(scope, { _id }, { $max: { freeEntryPointExpiresAt: until } });
  },

  /** Ends an open window; a message of the contact opens it again. */
  async closeWindow(scope: ClientScope, _id: Types.ObjectId, at: Date): Promise<void> {
    await conversations.updateOne(
      scope,
      { _id, windowExpiresAt: { $gt: at } },
      { $set: { windowExpiresAt: at } },
    );
  },

  /** Moves the customer service window, only ever forward; counts the message if it is a new one. */
  async touchByInbound(scope: ClientScope, _id: Types.ObjectId, touch: InboundTouch): Promise<void> {
    await conversations.updateOne(
      scope,
      { _id },
      { $max: { windowExpiresAt: touch.windowExpiresAt }, $inc: { unreadCount: touch.isNew ? 1 : 0 } },
    );
  },
});

/** What people do to conversations. */
const createDecisions = (conversations: TenantCollection<ConversationRecord>) => ({
  /**
   * Puts `next` in place of what was read; false when somebody was faster. Throws the duplicate key error when a
   * closed thread is to be opened beside a live one.
   */
  replace: (
    scope: ClientScope,
    current: ConversationRecord,
    next: ConversationRecord,
    session: ClientSession,
  ): Promise<boolean> => conversations.replaceVersioned(scope, current, next, session),

  /** Marks everything as read; answers the state before, null when there was nothing unread. */
  markRead: (
    scope: ClientScope,
    _id: Types.ObjectId,
    session: ClientSession,
  ): Promise<ConversationDoc | null> =>
    conversations.findOneAndUpdate(
      scope,
      { _id, unreadCount: { $gt: 0 } },
      { $set: { unreadCount: 0 } },
      { returnDocument: 'before', ...withoutHistory, session },
    ),
});

/** Every combination names a status, because the indexes hold it before the time (see `model.ts`). */
function toQuery({ isUnread, status, ...filter }: ConversationFilter): ScopedFilter<ConversationRecord> {
  return isUnread === true
    ? { ...filter, ...(status === undefined ? {} : { status }), unreadCount: { $gt: 0 } }
    : { ...filter, status: status ?? { $in: [...conversationStatuses] } };
}

/** The first bound is there for the index, the second breaks ties. */
const positionAfter = ({ key, id }: Cursor<Date>): ScopedFilter<ConversationRecord> => ({
  lastMessageAt: { $lte: key },
  $or: [{ lastMessageAt: { $lt: key } }, { _id: { $lt: id } }],
});
