import { Schema, type Types } from 'mongoose';
import { type Marked, markFields, markIndex } from '../../../events/marks/mark.ts';
import type { MessageOrder } from '../../../inbox/conversations/order.ts';
import type { SurveyMark } from '../../../inbox/surveys/sends.ts';
import { declareTenantModel } from '../../../platform/declare-model.ts';
import { tokenIndexBy } from '../../../platform/search/hints.ts';
import {
  messageStatuses,
  unsentStatuses,
  type MessageFailure,
  type MessagePricing,
  type MessageStatus,
} from '../lifecycle.ts';
import type { TurnWait } from '../order.ts';
import type { Overtaking, Readdressing, Rewording, WaitingState } from './before-call.ts';
import type { MessageChange, MessageContent, SenderProfile } from './content.ts';

export type { Overtaking, Readdressing, Rewording, WaitingState } from './before-call.ts';
export type { CallContent, EventContent, MessageChange, MessageContent, TemplateFilling } from './content.ts';

/**
 * `phone` is the WhatsApp Business app on a phone of the business. An inbound message from `system` is an event that
 * WhatsApp tells, such as a changed number; an outbound one is the product's own, such as a survey.
 */
export const senderTypes = ['contact', 'agent', 'phone', 'system', 'bot', 'ai', 'campaign'] as const;
export type SenderType = (typeof senderTypes)[number];

export const messageCategories = ['marketing', 'utility', 'authentication'] as const;
export type MessageCategory = (typeof messageCategories)[number];

/** What the device of a participant of a group reported. */
export interface ParticipantReport {
  /** The provider's id of the participant. */
  readonly id: string;
  /** The provider's word for the status. */
  readonly word: string;
  readonly at: Date;
}

export interface StatusEntry {
  /** Identifies the event, so that repetitions are stored once. */
  readonly key: string;
  /** A message status, or `unknown` for an unrecognised word of the provider, which is in `raw.word`. */
  readonly status: string;
  readonly timestamp: Date;
  readonly raw?: Readonly<Record<string, unknown>>;
}

/**
 * A message has a dozen entries. Receipts with ever new times, and changes of the send time, are not added beyond this
 * number, or a document could grow to MongoDB's limit.
 */
export const maxStatusEntries = 500;

/** What an entry holds beside the provider's words is small; receipts with ever longer words end here. */
export const maxHistoryBytes = 128 * 1024;

/** Matches a message whose history has room for one more entry; the last one may exceed `maxHistoryBytes`. */
export const hasHistoryRoom = {
  [`statusHistory.${maxStatusEntries - 1}`]: { $exists: false },
  $expr: { $lt: [{ $bsonSize: { entries: '$statusHistory' } }, maxHistoryBytes] },
} as const;

/** One provider call. */
export interface DispatchAttempt {
  readonly number: number;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly outcome: 'accepted' | 'rejected' | 'retry' | 'unknown';
  readonly code?: string;
}

/** A dated statement. Those stored by 0.1.0 have no time, and yield to any that has one. */
type StoredStatement<Statement> = Statement & { readonly at?: Date };

export interface MessageDoc extends Marked, MessageOrder {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  /** The contact; in a group, the author. Of an entry in a group without one, the id of the conversation's `contactId`. */
  readonly contactId: Types.ObjectId;
  /** The contact of an inbound message (since migration 0053), and what WhatsApp called it (since 0058): its identity. */
  readonly writerId?: Types.ObjectId;
  readonly writerKeys?: readonly string[];
  /** The provider's id of the group in which it was written. */
  readonly groupId?: string;
  readonly direction: 'inbound' | 'outbound';
  readonly senderType: SenderType;
  readonly messageType: string;
  /** The recipient's number, E.164; outbound only. As at acceptance until the call, then as called. */
  readonly to?: string;
  /** The recipient's business-scoped user id, if no number is known. */
  readonly recipientUserId?: string;
  /** The recipient at acceptance, once the message has another. */
  readonly acceptedFor?: { readonly to?: string; readonly recipientUserId?: string };
  /** The latest changes of the recipient, oldest first. */
  readonly readdressed?: readonly Readdressing[];
  /** The content at acceptance, once the message has another. */
  readonly acceptedContent?: MessageContent;
  /** The latest changes of the words, oldest first. */
  readonly reworded?: readonly Rewording[];
  /** The user who sent it; absent for automated messages. */
  readonly createdBy?: Types.ObjectId;
  /** The stored message that this one answers or reacts to. */
  readonly repliesTo?: Types.ObjectId;
  /** The provider's id of that message, as sent or received. */
  readonly contextMessageId?: string;
  /** Who wrote that message, as the provider names them: a number (digits) or a user id. Inbound only. */
  readonly contextFrom?: string;
  readonly senderProfile?: SenderProfile;
  /** Outbound: as at acceptance until the call, then as called. Inbound: as first sent; `currentContent` gives what it says now. */
  readonly content: MessageContent;
  /** In order of time; the latest ones. */
  readonly changes?: readonly MessageChange[];
  readonly editedAt?: Date;
  readonly revokedAt?: Date;
  /** Stands for a message that has not arrived yet, because a change of it came first. */
  readonly awaitsOriginal?: true;
  /** A contact's message that came with the backlog of a phone: no agent has been told of it. */
  readonly isImported?: true;
  readonly templateName?: string;
  /** The category of its template; absent for other messages. */
  readonly category?: MessageCategory;
  readonly status: MessageStatus;
  /** Its place in the thread and in lists: the time of acceptance, or `threadTimes` of a message that the provider dates. */
  readonly timestamp: Date;
  /** The provider's time, if `timestamp` is another moment. */
  readonly writtenAt?: Date;
  readonly providerMessageId?: string;
  readonly statusHistory: readonly StatusEntry[];
  /** Reports of the participants of a group. */
  readonly participants?: readonly ParticipantReport[];
  readonly idempotencyKey?: string;
  /** SHA-256 of the canonical request, which tells a repetition from a reuse of the key. */
  readonly idempotencyHash?: string;
  /** Order in the provider queue, by `priorityOf`: 1 is first, 5 is last. */
  readonly priority?: number;
  /** Place among the answers that people wrote in the conversation; absent for other messages. */
  readonly turn?: number;
  /** For whom it waits, while it waits for its turn. */
  readonly turnWait?: Omit<TurnWait, 'head'> & { readonly head: Types.ObjectId };
  /** Since when later answers no longer wait for this one, because it was stuck. */
  readonly overtakenAt?: Date;
  /** The stuck answers for which it no longer waited. */
  readonly overtook?: readonly Overtaking[];
  readonly sendAt?: Date;
  readonly expiresAt?: Date;
  /** The latest reported failure; valid only while the status is `failed`. */
  readonly failure?: StoredStatement<MessageFailure>;
  readonly pricing?: StoredStatement<MessagePricing>;
  /** The failed or unknown message that this one retries. `retryNumber` counts from 1 along the chain. */
  readonly retryOf?: Types.ObjectId;
  readonly retryNumber?: number;
  /** The message that retries this one. */
  readonly retriedBy?: Types.ObjectId;
  readonly dispatch: {
    readonly attempt: number;
    readonly isCalling: boolean;
    /** Identifies the worker attempt that holds the claim. */
    readonly token?: string;
    readonly startedAt?: Date;
    /** The recipient's number was suspect at the last call: a delivery receipt then clears it. */
    readonly isToSuspect?: boolean;
    readonly attempts: readonly DispatchAttempt[];
  };
  /** Why the message waits; outdated once it has left. */
  readonly waiting?: WaitingState;
  /** The latest waits, oldest first. */
  readonly waits?: readonly WaitingState[];
  /** An agent wrote it although the person had opted out. A free-form message without this stays unsent after an opt-out. */
  readonly afterOptOut?: true;
  /** The opt-out statement that canceled the message, or that arrived during its call. */
  readonly stoppedBy?: string;
  /** Keys of `failed` receipts that were stored without a workflow and whose effects may not be applied yet. */
  readonly openFailures?: readonly string[];
  /** When the sweep last ensured that the message's workflow runs. */
  readonly sweptAt?: Date;
  /** A message of the contact to which nobody awaits an answer, such as an opt-out. */
  readonly asksNothing?: true;
  /** What the inbox was told of an answer of a person: its state as its place in `answerStates`, and when it left. */
  readonly answer?: { readonly rank: number; readonly at?: Date };
  /** The satisfaction survey that it belongs to, of the business or as an answer of the contact. */
  readonly survey?: SurveyMark;
  /** What it is found by (`store/search.ts`); absent if it says nothing. */
  readonly searchTokens?: readonly string[];
}

export const messageModel = declareTenantModel<MessageDoc>('messages', {
  conversationId: { type: Schema.Types.ObjectId, required: true },
  channelId: { type: Schema.Types.ObjectId, required: true },
  contactId: { type: Schema.Types.ObjectId, required: true },
  ...{ writerId: Schema.Types.ObjectId, writerKeys: { type: [String], default: undefined }, groupId: String },
  direction: { type: String, enum: ['inbound', 'outbound'], required: true },
  senderType: { type: String, enum: senderTypes, required: true },
  messageType: { type: String, required: true },
  ...{ to: String, recipientUserId: String },
  ...{ acceptedFor: Schema.Types.Mixed, acceptedContent: Schema.Types.Mixed },
  readdressed: [Schema.Types.Mixed],
  reworded: { type: [Schema.Types.Mixed], default: undefined },
  ...{ createdBy: Schema.Types.ObjectId, repliesTo: Schema.Types.ObjectId },
  ...{ contextMessageId: String, contextFrom: String },
  senderProfile: Schema.Types.Mixed,
  changes: { type: [Schema.Types.Mixed], default: undefined },
  ...{ editedAt: Date, revokedAt: Date },
  ...{ awaitsOriginal: Boolean, isImported: Boolean, asksNothing: Boolean, answer: Schema.Types.Mixed },
  content: { type: Schema.Types.Mixed, required: true },
  ...{ templateName: String, category: { type: String, enum: messageCategories } },
  status: { type: String, enum: messageStatuses, required: true },
  timestamp: { type: Date, required: true },
  ...{ writtenAt: Date, providerMessageId: String },
  statusHistory: { type: [Schema.Types.Mixed], required: true },
  participants: [Schema.Types.Mixed],
  ...{ idempotencyKey: String, idempotencyHash: String, priority: Number, turn: Number },
  ...{ turnWait: Schema.Types.Mixed, overtakenAt: Date },
  overtook: { type: [Schema.Types.Mixed], default: undefined },
  ...{ sendAt: Date, expiresAt: Date },
  ...{ failure: Schema.Types.Mixed, pricing: Schema.Types.Mixed },
  ...{ retryOf: Schema.Types.ObjectId, retryNumber: Number, retriedBy: Schema.Types.ObjectId },
  dispatch: { type: Schema.Types.Mixed, required: true },
  ...{ waiting: Schema.Types.Mixed, waits: [Schema.Types.Mixed] },
  ...{ afterOptOut: Boolean, stoppedBy: String, openFailures: [String], sweptAt: Date },
  ...{ arrival: Number, afterArrival: Number, ordinal: Number, survey: Schema.Types.Mixed },
  searchTokens: { type: [String], default: undefined },
  ...markFields,
});

messageModel.schema.index(...markIndex);
const unsent = { status: { $in: [...unsentStatuses] } };
messageModel.schema.index({ clientId: 1, conversationId: 1, timestamp: -1, _id: -1 });
messageModel.schema.index({ clientId: 1, timestamp: -1, _id: -1 });
messageModel.schema.index({ clientId: 1, status: 1, timestamp: -1, _id: -1 });
// Of a conversation: the contact's messages in the order of their arrival, and the latest answers of people.
for (const [name, field, order] of [
  ['arrivals', 'arrival', 1],
  ['answers', 'answer.at', -1],
] as const) {
  messageModel.schema.index(
    { clientId: 1, conversationId: 1, [field]: order },
    { name, partialFilterExpression: { [field]: { $exists: true } } },
  );
}
messageModel.schema.index({ clientId: 1, contactId: 1, timestamp: -1, _id: -1 });
messageModel.schema.index(...tokenIndexBy('timestamp'));
// Of a key, of the id of a writer's message on a channel, and of the retries of a message, there is one.
for (const [field, others] of [
  ['idempotencyKey', {}],
  ['providerMessageId', { channelId: 1, writerId: 1 }],
  ['writerKeys', { providerMessageId: 1, channelId: 1 }],
  ['retryOf', {}],
] as const) {
  messageModel.schema.index(
    { clientId: 1, [field]: 1, ...others },
    { unique: true, partialFilterExpression: { [field]: { $exists: true } } },
  );
}
// For gate openings: the messages held at a gate.
messageModel.schema.index(
  { clientId: 1, 'waiting.gate': 1, channelId: 1, _id: 1 },
  { name: 'held', partialFilterExpression: { 'waiting.gate': { $exists: true } } },
);
// For opt-outs: the unsent messages of a contact, and those to an address, whichever contact they are for.
messageModel.schema.index({ clientId: 1, contactId: 1, status: 1 }, { partialFilterExpression: unsent });
messageModel.schema.index({ clientId: 1, to: 1 }, { name: 'unsent-to', partialFilterExpression: unsent });
for (const [name, field] of [
  ['unsent-to-user', 'recipientUserId'],
  ['unsent-accepted-for', 'acceptedFor.to'],
] as const) {
  messageModel.schema.index(
    { clientId: 1, [field]: 1 },
    { name, partialFilterExpression: { ...unsent, [field]: { $exists: true } } },
  );
}
// For the order of answers: the unsent ones of a conversation.
messageModel.schema.index(
  { clientId: 1, conversationId: 1, turn: 1 },
  { name: 'unsent-turns', partialFilterExpression: { ...unsent, turn: { $exists: true } } },
);
// For closed gates: the calls in progress.
messageModel.schema.index(
  { clientId: 1, channelId: 1 },
  { name: 'calling', partialFilterExpression: { 'dispatch.isCalling': true } },
);
messageModel.schema.index(
  { clientId: 1, stoppedBy: 1 },
  { partialFilterExpression: { stoppedBy: { $exists: true } } },
);
// Unsent messages across tenants: for the sweep by last check, and for metrics by gate, and by client within it.
messageModel.schema.index(
  { status: 1, sweptAt: 1, _id: 1 },
  { name: 'unswept', partialFilterExpression: unsent },
);
messageModel.schema.index(
  { status: 1, 'waiting.gate': 1, sendAt: 1, _id: 1 },
  { name: 'due', partialFilterExpression: unsent },
);
messageModel.schema.index(
  { status: 1, 'waiting.gate': 1, clientId: 1, sendAt: 1, timestamp: 1 },
  { name: 'due-by-client', partialFilterExpression: unsent },
);
