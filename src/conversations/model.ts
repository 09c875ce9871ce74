import { Schema, type Connection, type Model, type Types } from 'mongoose';
import { schemaOptions } from '../platform/mongo.ts';

export const conversationStatuses = ['open', 'pending', 'closed'] as const;
export type ConversationStatus = (typeof conversationStatuses)[number];

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
  readonly unreadCount: number;
  readonly createdAt: Date;
}

const conversationSchema = new Schema(
  {
    clientId: { type: Schema.Types.ObjectId, required: true },
    leadId: { type: Schema.Types.ObjectId, required: true },
    contactId: { type: Schema.Types.ObjectId, required: true },
    channelId: { type: Schema.Types.ObjectId, required: true },
    assignedAgentId: Schema.Types.ObjectId,
    status: { type: String, enum: conversationStatuses, required: true },
    lastMessageAt: { type: Date, required: true },
    windowExpiresAt: Date,
    unreadCount: { type: Number, required: true },
    createdAt: { type: Date, required: true },
  },
  { ...schemaOptions, collection: 'conversations' },
);

// One thread that is not closed for each contact and channel.
conversationSchema.index(
  { clientId: 1, channelId: 1, contactId: 1 },
  { unique: true, partialFilterExpression: { status: { $in: ['open', 'pending'] } } },
);

export const conversationModel = (connection: Connection): Model<ConversationDoc> =>
  connection.model<ConversationDoc>('Conversation', conversationSchema as unknown as Schema<ConversationDoc>);
