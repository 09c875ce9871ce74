import type { ClientSession, Connection, Types } from 'mongoose';
import { markWrites } from '../../events/marks/collection.ts';
import { createMarkQueries } from '../../events/marks/queries.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import { createArrivalWrites } from './arrival-writes.ts';
import { createAsideWrites } from './aside-writes.ts';
import { createContactFacts } from './contact-facts.ts';
import type { Breach } from './deadlines.ts';
import { createOtherThreads } from './other-threads.ts';
import { createQueueQueries, createQueueWrites } from './queue-writes.ts';
import type { NextReading } from './reading.ts';
import { createSilentQueries } from './silent-queries.ts';
import { createWaitWrites } from './wait-writes.ts';
import { createListQueries } from './list-queries.ts';
import {
  conversationModel,
  liveStatuses,
  type ConversationDoc,
  type ConversationKey,
  type ConversationRecord,
  type WindowWriter,
} from './model.ts';

export type { ArrivalTouch } from './arrival-writes.ts';
export type { ConversationFilter } from './filter.ts';
export type {
  ConversationDoc,
  ConversationKey,
  ConversationRecord,
  ConversationSnooze,
  ConversationStatus,
  WindowWriter,
} from './model.ts';

export interface InboundTouch {
  readonly windowExpiresAt: Date;
  readonly windowFrom: WindowWriter;
}

export interface TouchOptions {
  /** The message is an answer that a person of the business wrote: it takes the next turn. */
  readonly takesTurn?: boolean;
  /** The touch takes a message of the business in, which then has the place after all others. */
  readonly isMessage?: boolean;
}

/** The part of an update that a message of the business at `at` makes. */
const touching = (at: Date, { takesTurn = false, isMessage = false }: TouchOptions) => ({
  $max: { lastMessageAt: at, ...(isMessage ? { lastOutboundAt: at } : {}) },
  ...(takesTurn || isMessage
    ? { $inc: { ...(takesTurn ? { turns: 1 } : {}), ...(isMessage ? { lastOrdinal: 1 } : {}) } }
    : {}),
});
const live = { $in: [...liveStatuses] };
const withoutHistory = { projection: { history: 0 } } as const;

/** What a message needs of the thread that took it in. */
export type TouchedThread = Pick<ConversationDoc, '_id' | 'turns' | 'lastArrival' | 'lastOrdinal'>;

export type ConversationRepository = ReturnType<typeof createConversationRepository>;

export function createConversationRepository(connection: Connection) {
  const conversations = markWrites(openTenantCollection(conversationModel, connection), {
    isDated: true,
  });

  return {
    ...createMessageTouches(conversations),
    ...createArrivalWrites(conversations),
    ...createAsideWrites(conversations),
    ...createContactFacts(conversations),
    ...createThreadWrites(conversations),
    ...createOtherThreads(conversations),
    ...createDecisions(conversations),
    ...createQueueQueries(conversations),
    ...createQueueWrites(conversations),
    ...createSilentQueries(conversations),
    ...createWaitWrites(conversations),
    ...createListQueries(conversations),
    ...createMarkQueries(conversations, { history: 0 }),

    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<ConversationDoc | null> =>
      conversations.findOne<ConversationDoc>(scope, { _id }, { ...withoutHistory, session }),

    findWithHistory: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<ConversationRecord | null> => conversations.findOne(scope, { _id }, { session }),

    /** The contacts of conversations, by the ids of these; leaves out missing conversations. */
    async contactIdsOf(
      scope: ClientScope,
      ids: readonly Types.ObjectId[],
    ): Promise<ReadonlyMap<string, Types.ObjectId>> {
      const found = await conversations.find(
        scope,
        { _id: { $in: [...ids] } },
        { projection: { contactId: 1 } },
      );
      return new Map(found.map(({ _id, contactId }) => [_id.toHexString(), contactId]));
    },

    /** The thread of a contact and channel with the latest window, open or closed. */
    findWithLatestWindow: (
      scope: ClientScope,
      key: ConversationKey,
      session?: ClientSession,
    ): Promise<ConversationDoc | null> =>
      conversations.findOne<ConversationDoc>(
        scope,
        { ...key, windowExpiresAt: { $exists: true } },
        { ...withoutHistory, sort: { windowExpiresAt: -1 }, session },
      ),

    countLiveOn: (scope: ClientScope, channelId: Types.ObjectId, atMost: number): Promise<number> =>
      conversations.count(scope, { channelId, status: live }, { limit: atMost }),
  };
}

/** The writes of messages, which are the hot path. None increments `version`. */
const createMessageTouches = (conversations: TenantCollection<ConversationRecord>) => ({
  /** The open or pending thread of a contact and channel. */
  findLive: (
    scope: ClientScope,
    key: ConversationKey,
    session?: ClientSession,
  ): Promise<ConversationDoc | null> =>
    conversations.findOne<ConversationDoc>(scope, { ...key, status: live }, { ...withoutHistory, session }),

  /** The live thread after a message at `at`, which may take the next turn; null if there is none. */
  touchLive: (
    scope: ClientScope,
    key: ConversationKey,
    at: Date,
    options: TouchOptions = {},
  ): Promise<ConversationDoc | null> =>
    conversations.findOneAndUpdate(scope, { ...key, status: live }, touching(at, options), {
      returnDocument: 'after',
      ...withoutHistory,
    }),

  /** The live thread, created from `fresh` if there is none; the unique index decides races. */
  findOrInsertLive(
    scope: ClientScope,
    key: ConversationKey,
    fresh: Omit<ConversationDoc, 'clientId' | 'channelId' | 'contactId' | 'lastMessageAt' | 'status'>,
    {
      lastMessageAt,
      session,
      ...options
    }: { readonly lastMessageAt: Date; readonly session?: ClientSession } & TouchOptions,
  ): Promise<ConversationDoc> {
    return conversations.findOrInsert(
      scope,
      { ...key, status: live },
      {
        $setOnInsert: { ...fresh, status: 'open', history: [] },
        ...touching(lastMessageAt, options),
      },
      { session },
    );
  },

  /** The contact's latest thread on the channel, open or closed, after an entry at `at`; null if there is none. */
  touchLatest: (scope: ClientScope, key: ConversationKey, at: Date): Promise<ConversationDoc | null> =>
    conversations.findOneAndUpdate(
      scope,
      { ...key },
      { $max: { lastMessageAt: at } },
      { sort: { lastMessageAt: -1, _id: -1 }, returnDocument: 'after', ...withoutHistory },
    ),
});

/** As those, of a thread whose id is known. */
const createThreadWrites = (conversations: TenantCollection<ConversationRecord>) => ({
  /** Sets the lead of a thread that has none; the first one stays. Null if the thread has one, or is gone. */
  setLead: (
    scope: ClientScope,
    _id: Types.ObjectId,
    leadId: Types.ObjectId,
    session?: ClientSession,
  ): Promise<ConversationDoc | null> =>
    conversations.findOneAndUpdate(
      scope,
      { _id, leadId: { $exists: false } },
      { $set: { leadId } },
      { returnDocument: 'after', ...withoutHistory, session },
    ),

  /** The thread with this id, open or closed, after a message at `at`; null if there is none. */
  touch: (
    scope: ClientScope,
    _id: Types.ObjectId,
    at: Date,
    { session, ...options }: TouchOptions & { readonly session?: ClientSession } = {},
  ): Promise<TouchedThread | null> =>
    conversations.findOneAndUpdate(scope, { _id }, touching(at, options), {
      returnDocument: 'after',
      projection: { turns: 1, lastArrival: 1, lastOrdinal: 1 },
      session,
    }),

  /** Extends the free entry point; never shortens it. */
  async noteFreeEntry(scope: ClientScope, _id: Types.ObjectId, until: Date): Promise<void> {
    await conversations.updateOne(scope, { _id }, { $max: { freeEntryPointExpiresAt: until } });
  },

  /** Closes an open window; the contact's next message opens it again. */
  async closeWindow(scope: ClientScope, _id: Types.ObjectId, at: Date): Promise<void> {
    await conversations.updateOne(
      scope,
      { _id, windowExpiresAt: { $gt: at } },
      { $set: { windowExpiresAt: at } },
    );
  },

  /** Extends the customer service window, never shortens it. */
  async touchByInbound(
    scope: ClientScope,
    _id: Types.ObjectId,
    { windowExpiresAt, windowFrom }: InboundTouch,
  ): Promise<void> {
    await conversations.updateOne(scope, { _id }, { $max: { windowExpiresAt, windowFrom } });
  },
});

/** The writes of users. */
const createDecisions = (conversations: TenantCollection<ConversationRecord>) => ({
  /**
   * Replaces `current` with `next`; false if the conversation has changed since it was read. Throws the duplicate key
   * error if `next` reopens a closed thread beside a live one.
   */
  replace: (
    scope: ClientScope,
    current: ConversationRecord,
    next: ConversationRecord,
    session: ClientSession,
  ): Promise<boolean> => conversations.replaceVersioned(scope, current, next, session),

  /** Marks the conversation as late, if it is in this cycle; returns it, or null if it is not. */
  markBreached: (
    scope: ClientScope,
    { conversationId: _id, cycle, at }: Breach,
    session: ClientSession,
  ): Promise<ConversationDoc | null> =>
    conversations.findOneAndUpdate(
      scope,
      { _id, reopenings: cycle === 1 ? null : cycle - 1 },
      { $min: { breachedAt: at } },
      { returnDocument: 'after', ...withoutHistory, session },
    ),

  /** Takes the label from at most `limit` conversations; returns from how many. */
  async clearLabel(scope: ClientScope, labelId: Types.ObjectId, limit: number): Promise<number> {
    const found = await conversations.find(scope, { labels: labelId }, { projection: { _id: 1 }, limit });
    const ids = found.map(({ _id }) => _id);
    await conversations.updateMany(
      scope,
      { _id: { $in: ids }, labels: labelId },
      { $pull: { labels: labelId }, $inc: { version: 1 } },
    );
    return found.length;
  },

  /** Stores the read position, in the transaction that has read the conversation. */
  async setReading(
    scope: ClientScope,
    _id: Types.ObjectId,
    { readUpTo, unreadCount }: NextReading,
    session: ClientSession,
  ): Promise<void> {
    await conversations.updateOne(scope, { _id }, { $set: { readUpTo, unreadCount } }, { session });
  },
});
