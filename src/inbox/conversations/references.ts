import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationDoc, ConversationRepository } from './repository.ts';

/** Finds a conversation that refers to a contact or lead. */
export function createConversationReferences(
  conversations: Pick<ConversationRepository, 'list' | 'findOfContact' | 'contactsWhere'>,
) {
  const first = { limit: 1, after: null };

  return {
    contactsWhere: conversations.contactsWhere,

    /** The contact's latest conversation, open or closed. */
    anyOfContact: (
      scope: ClientScope,
      contactId: Types.ObjectId,
      session: ClientSession,
    ): Promise<ConversationDoc | null> => conversations.findOfContact(scope, contactId, session),

    /** An open or pending conversation about the lead. */
    async liveOfLead(scope: ClientScope, leadId: Types.ObjectId): Promise<ConversationDoc | null> {
      const [open] = await conversations.list(scope, { leadId, statuses: ['open'] }, first);
      if (open !== undefined) return open;
      const [pending] = await conversations.list(scope, { leadId, statuses: ['pending'] }, first);
      return pending ?? null;
    },
  };
}
