import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationDoc, ConversationRepository } from './repository.ts';

/** Finds a conversation that refers to a contact or lead. */
export function createConversationReferences(conversations: Pick<ConversationRepository, 'list'>) {
  const first = { limit: 1, after: null };

  return {
    /** The contact's latest conversation, open or closed. */
    async anyOfContact(scope: ClientScope, contactId: Types.ObjectId): Promise<ConversationDoc | null> {
      const [conversation] = await conversations.list(scope, { contactId }, first);
      return conversation ?? null;
    },

    /** An open or pending conversation about the lead. */
    async liveOfLead(scope: ClientScope, leadId: Types.ObjectId): Promise<ConversationDoc | null> {
      const [open] = await conversations.list(scope, { leadId, statuses: ['open'] }, first);
      if (open !== undefined) return open;
      const [pending] = await conversations.list(scope, { leadId, statuses: ['pending'] }, first);
      return pending ?? null;
    },
  };
}
