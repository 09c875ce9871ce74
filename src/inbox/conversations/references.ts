import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationDoc, ConversationRepository } from './repository.ts';

/** Which conversations refer to a thing that somebody wants to delete. */
export function createConversationReferences(conversations: Pick<ConversationRepository, 'list'>) {
  const first = { limit: 1, after: null };

  return {
    /** The latest one, closed or not. */
    async anyOfContact(scope: ClientScope, contactId: Types.ObjectId): Promise<ConversationDoc | null> {
      const [conversation] = await conversations.list(scope, { contactId }, first);
      return conversation ?? null;
    },

    /** One that is not closed. */
    async liveOfLead(scope: ClientScope, leadId: Types.ObjectId): Promise<ConversationDoc | null> {
      const [open] = await conversations.list(scope, { leadId, status: 'open' }, first);
      if (open !== undefined) return open;
      const [pending] = await conversations.list(scope, { leadId, status: 'pending' }, first);
      return pending ?? null;
    },
  };
}
