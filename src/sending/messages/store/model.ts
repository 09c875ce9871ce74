import { Schema, type Types } from 'mongoose';
import type { Waiting } from '../../gates/rules.ts';
import { declareTenantModel } from '../../../platform/declare-model.ts';
import type { FreeFormPayload } from '../../../whatsapp/free-form.ts';
import type { InboundMedia, InboundReply } from '../../../whatsapp/inbound-content.ts';
import type { TemplatePayload } from '../../../whatsapp/payload.ts';
import {
  messageStatuses,
  unsentStatuses,
  type MessageFailure,
  type MessagePricing,
  type MessageStatus,
} from '../lifecycle.ts';

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

/** Why a message that has not left is waiting, and since when for this reason. */
export interface WaitingState extends Waiting {
  readonly since: Date;
}

/** `datedFailure` or `datedPricing`; what 0.1.0 stored has no time, and yields to any word that has one. */
type StoredStatement<Statement> = Statement & { readonly at?: Date };

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
  /** The recipient's business-scoped user id, where no number is known. */
  readonly recipientUserId?: string;
  /** The person who sent it; missing when the product did. */
  readonly createdBy?: Types.ObjectId;
  /** The message that this one answers or reacts to, where it is one of ours. */
  readonly repliesTo?: Types.ObjectId;
  /** The same by the provider's id, which both sides name on the wire. */
  readonly contextMessageId?: string;
  readonly content: MessageContent;
  readonly templateName?: string;
  /** What its template is for; missing for what is not a template. */
  readonly category?: MessageCategory;
  readonly status: MessageStatus;
  readonly timestamp: Date;
  readonly providerMessageId?: string;
  readonly statusHistory: readonly StatusEntry[];
  readonly idempotencyKey?: string;
  /** SHA-256 of the canonical request, to tell a repetition from a reuse of the key. */
  readonly idempotencyHash?: string;
  /** Its place where messages wait for the provider, by `priorityOf`: 1 is first, 5 is last. */
  readonly priority?: number;
  readonly sendAt?: Date;
  readonly expiresAt?: Date;
  /** The latest word of why it failed; true only while its status is `failed`. */
  readonly failure?: StoredStatement<MessageFailure>;
  readonly pricing?: StoredStatement<MessagePricing>;
  /** The failed or unknown message in whose place this one was made, and how many were made before it. */
  readonly retryOf?: Types.ObjectId;
  readonly retryNumber?: number;
  /** The message that was made in place of this one. */
  readonly retriedBy?: Types.ObjectId;
  readonly dispatch: {
    readonly attempt: number;
    readonly isCalling: boolean;
    /** Names the one worker attempt that holds the claim. */
    readonly token?: string;
    readonly startedAt?: Date;
    /** Its recipient's number was suspect when it was called last: a receipt that it works is then of use. */
    readonly isToSuspect?: boolean;
    readonly attempts: readonly DispatchAttempt[];
  };
  /** What holds the message back at present; old news once it has left. */
  readonly waiting?: WaitingState;
  /** What has held it back, oldest first; the latest ones. */
  readonly waits?: readonly WaitingState[];
  /** The statement of the person that canceled it, or that came while its call was under way. */
  readonly stoppedBy?: string;
  /** Keys of `failed` receipts that were stored without a workflow, and whose consequences may not be there yet. */
  readonly openFailures?: readonly string[];
  /** When the sweep last made sure that this message's workflow runs. */
  readonly sweptAt?: Date;
}

export interface MessageContent {
  /** What the person reads. */
  readonly text?: string;
  readonly template?: TemplatePayload;
  /** The provider's object of a free-form message; a message has this or `template`. */
  readonly payload?: FreeFormPayload;
  /** What the contact chose of what we offered: a button, a row, a form. */
  readonly reply?: InboundReply;
  /** The file that the contact sent. */
  readonly media?: InboundMedia;
  /** The provider's object of an inbound message that is not text. */
  readonly raw?: Readonly<Record<string, unknown>>;
}

export const messageModel = declareTenantModel<MessageDoc>('messages', {
  conversationId: { type: Schema.Types.ObjectId, required: true },
  channelId: { type: Schema.Types.ObjectId, required: true },
  contactId: { type: Schema.Types.ObjectId, required: true },
  direction: { type: String, enum: ['inbound', 'outbound'], required: true },
  senderType: { type: String, enum: senderTypes, required: true },
  messageType: { type: String, required: true },
  to: String,
  recipientUserId: String,
  createdBy: Schema.Types.ObjectId,
  repliesTo: Schema.Types.ObjectId,
  contextMessageId: String,
  content: { type: Schema.Types.Mixed, required: true },
  templateName: String,
  category: { type: String, enum: messageCategories },
  status: { type: String, enum: messageStatuses, required: true },
  timestamp: { type: Date, required: true },
  providerMessageId: String,
  statusHistory: { type: [Schema.Types.Mixed], required: true },
  idempotencyKey: String,
  idempotencyHash: String,
  priority: Number,
  sendAt: Date,
  expiresAt: Date,
  failure: Schema.Types.Mixed,
  pricing: Schema.Types.Mixed,
  retryOf: Schema.Types.ObjectId,
  retryNumber: Number,
  retriedBy: Schema.Types.ObjectId,
  dispatch: { type: Schema.Types.Mixed, required: true },
  waiting: Schema.Types.Mixed,
  waits: [Schema.Types.Mixed],
  stoppedBy: String,
  openFailures: [String],
  sweptAt: Date,
});

messageModel.schema.index({ clientId: 1, conversationId: 1, timestamp: -1, _id: -1 });
messageModel.schema.index({ clientId: 1, timestamp: -1, _id: -1 });
messageModel.schema.index({ clientId: 1, status: 1, timestamp: -1, _id: -1 });
messageModel.schema.index(
  { clientId: 1, idempotencyKey: 1 },
  { unique: true, partialFilterExpression: { idempotencyKey: { $exists: true } } },
);
// One message follows another only once, however often that is asked for.
messageModel.schema.index(
  { clientId: 1, retryOf: 1 },
  { unique: true, partialFilterExpression: { retryOf: { $exists: true } } },
);
messageModel.schema.index(
  { clientId: 1, providerMessageId: 1 },
  { unique: true, partialFilterExpression: { providerMessageId: { $exists: true } } },
);
// What a gate that opens lets go.
messageModel.schema.index(
  { clientId: 1, 'waiting.gate': 1, channelId: 1, _id: 1 },
  { name: 'held', partialFilterExpression: { 'waiting.gate': { $exists: true } } },
);
// What waits for a person who says stop.
messageModel.schema.index(
  { clientId: 1, contactId: 1, status: 1 },
  { partialFilterExpression: { status: { $in: [...unsentStatuses] } } },
);
messageModel.schema.index(
  { clientId: 1, stoppedBy: 1 },
  { partialFilterExpression: { stoppedBy: { $exists: true } } },
);
// What has not left, across tenants: for the sweep by its last look, and for the measures by what holds it.
messageModel.schema.index(
  { status: 1, sweptAt: 1, _id: 1 },
  { name: 'unswept', partialFilterExpression: { status: { $in: [...unsentStatuses] } } },
);
messageModel.schema.index(
  { status: 1, 'waiting.gate': 1, sendAt: 1, _id: 1 },
  { name: 'due', partialFilterExpression: { status: { $in: [...unsentStatuses] } } },
);
