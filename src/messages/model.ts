import { Schema, type Connection, type Model, type Types } from 'mongoose';
import { schemaOptions } from '../platform/mongo.ts';
import type { TemplatePayload } from '../whatsapp/payload.ts';
import { messageStatuses, unsentStatuses, type MessageFailure, type MessageStatus } from './lifecycle.ts';

export const senderTypes = ['contact', 'agent', 'system', 'bot', 'ai', 'campaign'] as const;
export type SenderType = (typeof senderTypes)[number];

export const messageCategories = ['marketing', 'utility', 'authentication'] as const;
export type MessageCategory = (typeof messageCategories)[number];

export interface StatusEntry {
  /** The same fact has the same key: repetitions are stored once. */
  readonly key: string;
  /** A status of ours, or `unknown` for a provider's word that we do not know (then `raw.word` has it). */
  readonly status: string;
  readonly timestamp: Date;
  readonly raw?: Readonly<Record<string, unknown>>;
}

/** One provider call. */
export interface DispatchAttempt {
  readonly number: number;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly outcome: 'accepted' | 'rejected' | 'retry' | 'unknown';
  readonly code?: string;
}

export interface MessageDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
  readonly direction: 'inbound' | 'outbound';
  readonly senderType: SenderType;
  readonly messageType: string;
  /** The recipient of an outbound message as it was when accepted, E.164. */
  readonly to?: string;
  readonly content: MessageContent;
  readonly templateName?: string;
  readonly status: MessageStatus;
  readonly timestamp: Date;
  readonly providerMessageId?: string;
  readonly statusHistory: readonly StatusEntry[];
  readonly idempotencyKey?: string;
  /** SHA-256 of the canonical request, to tell a repetition from a reuse of the key. */
  readonly idempotencyHash?: string;
  readonly sendAt?: Date;
  readonly expiresAt?: Date;
  readonly failure?: MessageFailure;
  readonly pricing?: Readonly<Record<string, string>>;
  readonly dispatch: {
    readonly attempt: number;
    readonly isCalling: boolean;
    /** Names the one worker attempt that holds the claim. */
    readonly token?: string;
    readonly startedAt?: Date;
    readonly attempts: readonly DispatchAttempt[];
  };
  /** What its template is for; missing for what is not a template. */
  readonly category?: MessageCategory;
  /** The statement of the person that canceled it, or that came while its call was under way. */
  readonly stoppedBy?: string;
  /** When the sweep last made sure that this message's workflow runs. */
  readonly sweptAt?: Date;
}

export interface MessageContent {
  /** What the person reads. */
  readonly text?: string;
  readonly template?: TemplatePayload;
  /** The provider's object of an inbound message that is not text. */
  readonly raw?: Readonly<Record<string, unknown>>;
}

export const messageSchema = new Schema(
  {
    clientId: { type: Schema.Types.ObjectId, required: true },
    conversationId: { type: Schema.Types.ObjectId, required: true },
    channelId: { type: Schema.Types.ObjectId, required: true },
    contactId: { type: Schema.Types.ObjectId, required: true },
    direction: { type: String, enum: ['inbound', 'outbound'], required: true },
    senderType: { type: String, enum: senderTypes, required: true },
    messageType: { type: String, required: true },
    to: String,
    content: { type: Schema.Types.Mixed, required: true },
    templateName: String,
    status: { type: String, enum: messageStatuses, required: true },
    timestamp: { type: Date, required: true },
    providerMessageId: String,
    statusHistory: { type: [Schema.Types.Mixed], required: true },
    idempotencyKey: String,
    idempotencyHash: String,
    sendAt: Date,
    expiresAt: Date,
    failure: Schema.Types.Mixed,
    pricing: Schema.Types.Mixed,
    dispatch: { type: Schema.Types.Mixed, required: true },
    category: { type: String, enum: messageCategories },
    stoppedBy: String,
    sweptAt: Date,
  },
  { ...schemaOptions, collection: 'messages' },
);

messageSchema.index({ clientId: 1, conversationId: 1, timestamp: -1, _id: -1 });
messageSchema.index({ clientId: 1, timestamp: -1, _id: -1 });
messageSchema.index({ clientId: 1, status: 1, timestamp: -1, _id: -1 });
messageSchema.index(
  { clientId: 1, idempotencyKey: 1 },
  { unique: true, partialFilterExpression: { idempotencyKey: { $exists: true } } },
);
messageSchema.index(
  { clientId: 1, providerMessageId: 1 },
  { unique: true, partialFilterExpression: { providerMessageId: { $exists: true } } },
);
// What waits for a person who says stop.
messageSchema.index(
  { clientId: 1, contactId: 1, status: 1 },
  { partialFilterExpression: { status: { $in: [...unsentStatuses] } } },
);
messageSchema.index(
  { clientId: 1, stoppedBy: 1 },
  { partialFilterExpression: { stoppedBy: { $exists: true } } },
);
// The sweep crosses tenants: it looks for the messages that have not left.
messageSchema.index(
  { status: 1, _id: 1 },
  { name: 'sweep', partialFilterExpression: { status: { $in: [...unsentStatuses] } } },
);

export const messageModel = (connection: Connection): Model<MessageDoc> =>
  connection.model<MessageDoc>('Message', messageSchema as unknown as Schema<MessageDoc>);
