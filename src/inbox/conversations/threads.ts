import type { ClientSession, Types } from 'mongoose';
import type { LeadDirectory } from '../../people/leads/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { derivedId, newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { HoldContact } from './contact-hold.ts';
import type {
  ConversationDoc,
  ConversationKey,
  ConversationRepository,
  TouchedThread,
  TouchOptions,
  WindowWriter,
} from './repository.ts';
import { windowAfter } from './rules.ts';

export type { ConversationDoc, TouchedThread, WindowWriter } from './repository.ts';

export interface ConversationDeps {
  readonly conversations: ConversationRepository;
  readonly leads: LeadDirectory;
  readonly holdContact: HoldContact;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

export type ConversationThreads = ReturnType<typeof createConversationThreads>;

/** A contact has one live thread on each channel, and any number of closed ones. */
const maxThreads = 100;

export function createConversationThreads(deps: ConversationDeps) {
  const { conversations, leads, holdContact, runInTransaction, clock } = deps;

  const openLive = (
    scope: ClientScope,
    key: ConversationKey,
    { at, leadId, ...options }: { at: Date; leadId?: Types.ObjectId } & TouchOptions,
  ): Promise<ConversationDoc> =>
    runInTransaction(async (session) => {
      await holdContact(scope, key.contactId, session);
      const latest = await conversations.findWithLatestWindow(scope, key, session);
      const { windowExpiresAt, windowFrom } = latest ?? {};
      const fresh = {
        ...{ _id: newId(), unreadCount: 0, createdAt: clock.now(), version: 1 },
        ...(leadId === undefined ? {} : { leadId }),
        ...(windowExpiresAt === undefined ? {} : { windowExpiresAt }),
        ...(windowFrom === undefined ? {} : { windowFrom }),
      };
      return conversations.findOrInsertLive(scope, key, fresh, { lastMessageAt: at, session, ...options });
    });

  return {
    ...createOtherThreads(deps),
    ...createWindows({ conversations }),

    /** Omits the history. */
    findById: (scope: ClientScope, id: Types.ObjectId): Promise<ConversationDoc | null> =>
      conversations.findById(scope, id),

    /** The latest threads of a contact on all channels, open and closed. */
    async idsOfContact(scope: ClientScope, contactId: Types.ObjectId): Promise<Types.ObjectId[]> {
      const found = await conversations.list(scope, { contactId }, { limit: maxThreads, after: null });
      return found.map(({ _id }) => _id);
    },

    /**
     * The live thread for a message at `at` that a person wrote; creates the thread if there is none, or throws `not-found`
     * if the contact has just been deleted. A thread without a lead gets one. With `takesTurn`, `turns` is the turn of the message; with `isMessage`, the thread has its place.
     */
    async findOrOpen(
      scope: ClientScope,
      key: ConversationKey,
      at: Date,
      options: TouchOptions = {},
    ): Promise<ConversationDoc> {
      const live = await conversations.touchLive(scope, key, at, options);
      if (live?.leadId !== undefined) return live;
      const { _id: leadId } = await leads.findOrCreate(scope, key.contactId);
      const thread = live ?? (await openLive(scope, key, { at, leadId, ...options }));
      if (thread.leadId !== undefined) return thread;
      const { turns = 0, lastArrival = 0, lastOrdinal = 0 } = thread;
      return {
        ...((await conversations.setLead(scope, thread._id, leadId)) ?? { ...thread, leadId }),
        ...{ turns, lastArrival, lastOrdinal },
      };
    },

    /** The open or pending thread. */
    findLive: (scope: ClientScope, key: ConversationKey): Promise<ConversationDoc | null> =>
      conversations.findLive(scope, key),

    /** Moves the thread to the top of the list, for a message that a person sends again or that leaves at `at`. */
    async moveUp(scope: ClientScope, id: Types.ObjectId, at: Date): Promise<void> {
      await conversations.touch(scope, id, at);
    },

    /** As `moveUp`, and takes a message of the business in, which may take the next turn; null if the thread is gone. */
    takeIn: (
      scope: ClientScope,
      id: Types.ObjectId,
      at: Date,
      options: { readonly takesTurn: boolean; readonly session?: ClientSession },
    ): Promise<TouchedThread | null> => conversations.touch(scope, id, at, { ...options, isMessage: true }),

    /** As `findOrOpen`, for a message at `at` that the contact did not write: a new thread has no lead. */
    async findOrOpenWithoutLead(
      scope: ClientScope,
      key: ConversationKey,
      at: Date,
    ): Promise<ConversationDoc> {
      const touch = { isMessage: true };
      return (await conversations.touchLive(scope, key, at, touch)) ?? openLive(scope, key, { at, ...touch });
    },

    /** The contact's latest thread on the channel for an event at `at`, open or closed; a new one has no lead. */
    async findLatestOrOpen(scope: ClientScope, key: ConversationKey, at: Date): Promise<ConversationDoc> {
      const live = await conversations.touchLive(scope, key, at);
      return live ?? (await conversations.touchLatest(scope, key, at)) ?? openLive(scope, key, { at });
    },
  };
}

/** The customer service window of a thread, and the free one. */
const createWindows = ({ conversations }: Pick<ConversationDeps, 'conversations'>) => ({
  /** When the customer service window closes; null if it was never open. All threads of the key share it. */
  windowOf: async (scope: ClientScope, key: ConversationKey): Promise<Date | null> =>
    (await conversations.findWithLatestWindow(scope, key))?.windowExpiresAt ?? null,

  /** Who wrote the message that opened the latest window; null if none did, or an earlier version stored it. */
  writerOf: async (scope: ClientScope, key: ConversationKey): Promise<WindowWriter | null> =>
    (await conversations.findWithLatestWindow(scope, key))?.windowFrom ?? null,

  /** Records until when messages are free, because the contact came from an advertisement. */
  noteFreeEntry: (scope: ClientScope, id: Types.ObjectId, until: Date): Promise<void> =>
    conversations.noteFreeEntry(scope, id, until),

  /** Closes the window, because the provider reports it as closed. */
  closeWindow: (scope: ClientScope, id: Types.ObjectId, at: Date): Promise<void> =>
    conversations.closeWindow(scope, id, at),

  /** Opens the window for a message that `from` wrote at `at` (provider's time). */
  noteInbound: (
    scope: ClientScope,
    id: Types.ObjectId,
    { at, from }: { at: Date; from: readonly string[] },
  ): Promise<void> =>
    conversations.touchByInbound(scope, id, {
      ...{ windowExpiresAt: windowAfter(at), windowFrom: { at, keys: from } },
    }),
});

/** Threads of groups and of the backlog. */
const createOtherThreads = ({
  conversations,
  holdContact,
  runInTransaction,
  clock,
}: Omit<ConversationDeps, 'leads'>) => ({
  /**
   * The contact's latest thread on the channel, open or closed, for an old message at `at`. If there is none, a closed
   * one: a backlog of thousands must not fill the inbox.
   */
  async findOrImport(scope: ClientScope, key: ConversationKey, at: Date): Promise<ConversationDoc> {
    const live = await conversations.touchLive(scope, key, at);
    const latest = live ?? (await conversations.touchLatest(scope, key, at));
    if (latest !== null) return latest;
    const { channelId, contactId } = key;
    const _id = derivedId(`imported:${channelId.toHexString()}:${contactId.toHexString()}`);
    const fresh = { _id, unreadCount: 0, createdAt: clock.now(), version: 1 };
    return runInTransaction(async (session) => {
      await holdContact(scope, contactId, session);
      return conversations.findOrInsertClosed(scope, key, fresh, { lastMessageAt: at, session });
    });
  },

  /** The live thread of a group; a new one has neither contact nor lead. */
  async findOrOpenGroup(
    scope: ClientScope,
    { channelId, groupId }: { channelId: Types.ObjectId; groupId: string },
    at: Date,
  ): Promise<ConversationDoc> {
    const contactId = derivedId(`group:${channelId.toHexString()}:${groupId}`);
    const key = { channelId, contactId };
    const live = await conversations.touchLive(scope, key, at);
    if (live !== null) return live;
    // A closed thread knows the subject.
    const group = (await conversations.touchLatest(scope, key, at))?.group ?? { id: groupId };
    const fresh = { _id: newId(), group, unreadCount: 0, createdAt: clock.now(), version: 1 };
    return conversations.findOrInsertLive(scope, key, fresh, { lastMessageAt: at });
  },

  nameGroup: conversations.nameGroup,

  /** Takes in a message that a contact wrote and that opens no window; null if the thread is gone. */
  noteArrival: conversations.noteArrival,
});
