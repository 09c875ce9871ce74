import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';

interface LeadConversation {
  readonly _id: Types.ObjectId;
  readonly status: string;
}

/** The conversations that refer to a contact or to its lead; the inbox provides them. */
export interface LeadConversations {
  /** The latest one of the contact, closed or not. */
  anyOfContact(scope: ClientScope, contactId: Types.ObjectId): Promise<LeadConversation | null>;
  /** One about the lead that is not closed. */
  liveOfLead(scope: ClientScope, leadId: Types.ObjectId): Promise<LeadConversation | null>;
}
