import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

export const conversationStatuses = ['open', 'pending', 'closed'] as const;
export type ConversationStatus = (typeof conversationStatuses)[number];

/** What a person decided about a conversation; one entry says one of the two things. */
export interface ConversationHistoryEntry {
  readonly at: Date;
  readonly by: Types.ObjectId;
  readonly status?: ConversationStatus;
  /** Null: taken away from whoever had it. */
  readonly assignedAgentId?: Types.ObjectId | null;
}

/** The thread of one contact on one channel. */
export interface ConversationDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly leadId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  readonly assignedAgentId?: Types.ObjectId;
  readonly status: ConversationStatus;
  readonly lastMessageAt: Date;
  /** When the customer service window closes; 24 h after the contact's last message. */
  readonly windowExpiresAt?: Date;
  /** Until when everything is free for the business: Meta's 72 h for people who come by an advertisement. */
  readonly freeEntryPointExpiresAt?: Date;
  readonly unreadCount: number;
  readonly createdAt: Date;
  /**
   * Counts what people decide (status, assignment). Messages and reading marks move the document without it: a
   * contact who writes must not make every change of an agent a lost race.
   */
  readonly version: number;
}

/** With its latest decisions, newest last; the paths of messages leave them out. */
export interface ConversationRecord extends ConversationDoc {
  readonly history: readonly ConversationHistoryEntry[];
}

export const conversationModel = declareTenantModel<ConversationRecord>('conversations', {
  leadId: { type: Schema.Types.ObjectId, required: true },
  contactId: { type: Schema.Types.ObjectId, required: true },
  channelId: { type: Schema.Types.ObjectId, required: true },
  assignedAgentId: Schema.Types.ObjectId,
  status: { type: String, enum: conversationStatuses, required: true },
  lastMessageAt: { type: Date, required: true },
  windowExpiresAt: Date,
  freeEntryPointExpiresAt: Date,
  unreadCount: { type: Number, required: true },
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
  history: { type: [Schema.Types.Mixed], required: true },
});

// One thread that is not closed for each contact and channel.
conversationModel.schema.index(
  { clientId: 1, channelId: 1, contactId: 1 },
  { unique: true, partialFilterExpression: { status: { $in: ['open', 'pending'] } } },
);
// Every message moves `lastMessageAt`, and with it every index that holds it: so there are three such, and no more.
// The first two are read with a set of statuses, of which the server merges the sorted parts.
conversationModel.schema.index({ clientId: 1, status: 1, lastMessageAt: -1, _id: -1 });
conversationModel.schema.index({ clientId: 1, assignedAgentId: 1, status: 1, lastMessageAt: -1, _id: -1 });
conversationModel.schema.index(
  { clientId: 1, lastMessageAt: -1, _id: -1 },
  { name: 'unread', partialFilterExpression: { unreadCount: { $gt: 0 } } },
);
// One contact or lead has few conversations: these are sorted when they are read.
conversationModel.schema.index({ clientId: 1, contactId: 1, _id: 1 });
conversationModel.schema.index({ clientId: 1, leadId: 1, _id: 1 });
