import type { Types } from 'mongoose';
import type { LeadDirectory } from '../../people/leads/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationDoc, ConversationKey, ConversationRepository } from './repository.ts';
import { windowAfter } from './rules.ts';

export type { ConversationDoc } from './repository.ts';

export interface ConversationDeps {
  readonly conversations: ConversationRepository;
  readonly leads: LeadDirectory;
  readonly clock: Clock;
}

export type ConversationThreads = ReturnType<typeof createConversationThreads>;

/** A contact has one live thread on each channel, and those that were closed before. */
const maxThreads = 100;

export function createConversationThreads({ conversations, leads, clock }: ConversationDeps) {
  /** Until when free-form messages may be sent; the window is the person's, whichever thread they wrote in. */
  const windowOf = async (scope: ClientScope, key: ConversationKey): Promise<Date | null> =>
    (await conversations.findWithLatestWindow(scope, key))?.windowExpiresAt ?? null;

  return {
    windowOf,

    /** Without its history. */
    findById: (scope: ClientScope, id: Types.ObjectId): Promise<ConversationDoc | null> =>
      conversations.findById(scope, id),

    /** The threads of a contact on all channels, closed ones too; the latest ones. */
    async idsOfContact(scope: ClientScope, contactId: Types.ObjectId): Promise<Types.ObjectId[]> {
      const found = await conversations.list(scope, { contactId }, { limit: maxThreads, after: null });
      return found.map(({ _id }) => _id);
    },

    /** The live thread of a contact on a channel for a message at `at`; a missing one is opened, with its lead. */
    async findOrOpen(scope: ClientScope, key: ConversationKey, at: Date): Promise<ConversationDoc> {
      const live = await conversations.touchLive(scope, key, at);
      if (live !== null) return live;
      const lead = await leads.findOrCreate(scope, key.contactId);
      const windowExpiresAt = await windowOf(scope, key);
      const fresh = {
        ...{ _id: newId(), leadId: lead._id, unreadCount: 0, createdAt: clock.now(), version: 1 },
        ...(windowExpiresAt === null ? {} : { windowExpiresAt }),
      };
      return conversations.findOrInsertLive(scope, key, fresh, at);
    },

    /** The provider says until when everything in this thread is free, because the person came by an advertisement. */
    noteFreeEntry: (scope: ClientScope, id: Types.ObjectId, until: Date): Promise<void> =>
      conversations.noteFreeEntry(scope, id, until),

    /** The provider says that the window is closed, whatever we have counted. */
    closeWindow: (scope: ClientScope, id: Types.ObjectId, at: Date): Promise<void> =>
      conversations.closeWindow(scope, id, at),

    /** A message of the contact at `at` (provider's time): opens the customer service window and counts it. */
    noteInbound: (
      scope: ClientScope,
      id: Types.ObjectId,
      { at, isNew }: { at: Date; isNew: boolean },
    ): Promise<void> => conversations.touchByInbound(scope, id, { windowExpiresAt: windowAfter(at), isNew }),
  };
}
