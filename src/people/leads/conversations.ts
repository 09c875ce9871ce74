import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';

interface LeadConversation {
  readonly _id: Types.ObjectId;
  readonly status: string;
}

/** The conversations that refer to a contact or to its lead; the inbox provides them. */
export interface LeadConversations {
  /** The contact's latest conversation, open or closed. */
  anyOfContact(
    scope: ClientScope,
    contactId: Types.ObjectId,
    session: ClientSession,
  ): Promise<LeadConversation | null>;
  /** An open or pending conversation about the lead. */
  liveOfLead(scope: ClientScope, leadId: Types.ObjectId): Promise<LeadConversation | null>;
}
