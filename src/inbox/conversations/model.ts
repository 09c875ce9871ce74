import { Schema, type Types } from 'mongoose';
import { type Dated, type Marked, markFields, markIndex } from '../../events/marks/mark.ts';
import type { AdReferral } from '../../people/leads/ad-referral.ts';
import { declareTenantModel } from '../../platform/declare-model.ts';
import type { ConversationOrder } from './order.ts';

export const conversationStatuses = ['open', 'pending', 'closed'] as const;
export type ConversationStatus = (typeof conversationStatuses)[number];
/** A contact has one conversation with these on each channel. */
export const liveStatuses = ['open', 'pending'] as const satisfies readonly ConversationStatus[];

/** Why a conversation was changed, if not just because a user decided so. */
export const conversationReasons = [
  'contact-wrote',
  'snooze-ended',
  'contact-silent',
  'round-robin',
  'least-loaded',
  'last-agent',
  'last-agent-unavailable',
  'no-reply',
  'agent-offline',
  'agent-disabled',
  'taken',
  'given-back',
] as const;
export type ConversationReason = (typeof conversationReasons)[number];

/** How long a pending conversation is set aside; a message of the contact ends it before. */
export interface ConversationSnooze {
  /** Null until the contact writes. */
  readonly until: Date | null;
}

/** A decision; it has either `status` or `assignedAgentId`. */
export interface ConversationHistoryEntry {
  readonly at: Date;
  /** The user who decided; absent for a decision of the product, which always has a reason. */
  readonly by?: Types.ObjectId;
  readonly reason?: ConversationReason;
  readonly status?: ConversationStatus;
  /** Beside the status `pending`, if the conversation was snoozed. */
  readonly snooze?: ConversationSnooze;
  /** Null if unassigned. */
  readonly assignedAgentId?: Types.ObjectId | null;
}

export interface ConversationKey {
  readonly channelId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
}

/** The wait for an agent. */
export interface ConversationQueue {
  /** The contact waits since then, or the conversation if the contact does not; never moves while it waits. */
  readonly since: Date;
  /** The agent who had it in this round and returned it; they may get it again after `excludedUntil`. */
  readonly excluded: readonly Types.ObjectId[];
  readonly excludedUntil?: Date;
  /** How often it returned because nobody replied. */
  readonly rounds: number;
  /** A snooze ended: it is assigned however old it is. */
  readonly isWoken?: true;
}

/** How the agent got the conversation. */
export interface ConversationAssignment extends Pick<ConversationQueue, 'rounds'> {
  readonly at: Date;
  /** Its place in the queue, if it returns before an answer. */
  readonly waitingSince: Date;
  /** `turns` at that time: more means that somebody has answered. */
  readonly turns: number;
}

/** A WhatsApp group. */
export interface ConversationGroup {
  /** The provider's id. */
  readonly id: string;
  readonly subject?: string;
  /** When the subject was set, by the provider's clock. */
  readonly subjectAt?: Date;
}

/** Where a message of the contact came from, and when. The time comes first, by which `$max` keeps the latest one. */
export interface WindowWriter {
  /** By the provider's clock. */
  readonly at: Date;
  /** The keys of the number and of the user ids that wrote it. */
  readonly keys: readonly string[];
}

/** The thread of one contact on one channel, or of one group. */
export interface ConversationDoc extends Marked, Dated, ConversationOrder {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** Absent until the contact writes or the business sends: events that no person wrote make no lead. */
  readonly leadId?: Types.ObjectId;
  /** The contact; of a group, an id made from the group's that no contact has, so that both have one live thread. */
  readonly contactId: Types.ObjectId;
  /** Set for the thread of a group instead of one contact. */
  readonly group?: ConversationGroup;
  readonly channelId: Types.ObjectId;
  readonly assignedAgentId?: Types.ObjectId;
  /** Set while it waits for an agent; only in businesses with an assignment policy. */
  readonly queue?: ConversationQueue;
  /** Of the present agent; absent if no assignment policy matched. */
  readonly assignment?: ConversationAssignment;
  readonly status: ConversationStatus;
  /** Only of a pending conversation. */
  readonly snooze?: ConversationSnooze;
  /** The ids of labels, in order; absent if it never had one. */
  readonly labels?: readonly Types.ObjectId[];
  readonly lastMessageAt: Date;
  /** When it last took in a message of the business; absent if it never did. */
  readonly lastOutboundAt?: Date;
  /** Set while the conversation is closed. Absent for a backlog, which nobody closed, and in data of earlier versions. */
  readonly closedAt?: Date;
  /**
   * Of a conversation that the product closed: what the contact wrote until then is answered. A later message reopens it,
   * also one that was written before the closing and was still on its way.
   */
  readonly answeredUntil?: Date;
  /** How often it was reopened; absent for never. */
  readonly reopenings?: number;
  /** The first deadline that was missed since it began, or was reopened. */
  readonly breachedAt?: Date;
  /** The advertisement that began the conversation, or reopened it. */
  readonly referral?: AdReferral;
  /** When the customer service window closes, 24 h less a safety minute after the contact's last message (`windowAfter`). */
  readonly windowExpiresAt?: Date;
  /** Who wrote the latest message that opened the window: a contact may get another number by a correction. */
  readonly windowFrom?: WindowWriter;
  /** Until when messages are free: Meta's 72 h for contacts who come from an advertisement. */
  readonly freeEntryPointExpiresAt?: Date;
  /** Since when the contact waits for an answer, made from the messages and answers (`waiting/`); absent if nobody waits. */
  readonly waitingSince?: Date;
  /** No answer that is known left later; it does not fall if one of them fails. */
  readonly latestAnswerAt?: Date;
  /** Nobody waits for an answer to a message of the contact up to this number: the conversation was reopened after it. */
  readonly settledArrivals?: number;
  /** Answers that people of the business wrote so far: the number of the latest one's turn. */
  readonly turns?: number;
  /** Everything up to the contact's message with this number is read; absent for 0. Only `unread` lowers it. */
  readonly readUpTo?: number;
  /**
   * Above 0 while something is unread, for the list of it; changed in the write that changes what is. It is no count: that
   * is made of the messages (`reading.ts`). Earlier versions count here.
   */
  readonly unreadCount: number;
  readonly createdAt: Date;
  /**
   * Counts the decisions (status, assignment, labels). Messages and read marks do not increment it, because a contact
   * who writes must not fail the changes of an agent.
   */
  readonly version: number;
}

/** A conversation with its latest decisions, newest last; message paths do not read them. */
export interface ConversationRecord extends ConversationDoc {
  readonly history: readonly ConversationHistoryEntry[];
}

export const conversationModel = declareTenantModel<ConversationRecord>('conversations', {
  leadId: Schema.Types.ObjectId,
  contactId: { type: Schema.Types.ObjectId, required: true },
  group: Schema.Types.Mixed,
  channelId: { type: Schema.Types.ObjectId, required: true },
  assignedAgentId: Schema.Types.ObjectId,
  queue: Schema.Types.Mixed,
  assignment: Schema.Types.Mixed,
  status: { type: String, enum: conversationStatuses, required: true },
  snooze: Schema.Types.Mixed,
  labels: [Schema.Types.ObjectId],
  lastMessageAt: { type: Date, required: true },
  lastOutboundAt: Date,
  closedAt: Date,
  answeredUntil: Date,
  reopenings: Number,
  breachedAt: Date,
  referral: Schema.Types.Mixed,
  windowExpiresAt: Date,
  windowFrom: Schema.Types.Mixed,
  freeEntryPointExpiresAt: Date,
  ...{ waitingSince: Date, latestAnswerAt: Date, settledArrivals: Number, changedAt: Date },
  turns: Number,
  lastArrival: Number,
  lastOrdinal: Number,
  readUpTo: Number,
  unreadCount: { type: Number, required: true },
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
  history: { type: [Schema.Types.Mixed], required: true },
  ...markFields,
});

conversationModel.schema.index(...markIndex);

// At most one live thread per contact and channel.
conversationModel.schema.index(
  { clientId: 1, channelId: 1, contactId: 1 },
  { unique: true, partialFilterExpression: { status: { $in: [...liveStatuses] } } },
);
// Every message rewrites each index that holds `lastMessageAt`, so there are only three, and one for labels.
// Queries name a set of statuses, whose sorted ranges of the first two indexes the server merges.
conversationModel.schema.index({ clientId: 1, status: 1, lastMessageAt: -1, _id: -1 });
conversationModel.schema.index({ clientId: 1, assignedAgentId: 1, status: 1, lastMessageAt: -1, _id: -1 });
conversationModel.schema.index(
  { clientId: 1, lastMessageAt: -1, _id: -1 },
  { name: 'unread', partialFilterExpression: { unreadCount: { $gt: 0 } } },
);
// The queue, in order of waiting.
conversationModel.schema.index(
  { clientId: 1, 'queue.since': 1, _id: 1 },
  { name: 'queue', partialFilterExpression: { 'queue.since': { $exists: true } } },
);
// Few conversations have missed a deadline.
conversationModel.schema.index(
  { clientId: 1, lastMessageAt: -1, _id: -1 },
  { name: 'breached', partialFilterExpression: { breachedAt: { $exists: true } } },
);
conversationModel.schema.index(
  { clientId: 1, lastMessageAt: -1, _id: -1 },
  { name: 'snoozed', partialFilterExpression: { snooze: { $exists: true } } },
);
// Those in which the contact waits, the longest wait first.
conversationModel.schema.index(
  { clientId: 1, waitingSince: 1, _id: 1 },
  { name: 'waiting', partialFilterExpression: { waitingSince: { $exists: true } } },
);
// Every write of a conversation rewrites it: 20 µs, far less than a client that reads whole lists to see what is new.
conversationModel.schema.index(
  { clientId: 1, changedAt: -1, _id: -1 },
  { name: 'changed', partialFilterExpression: { changedAt: { $exists: true } } },
);
// An entry for each label.
conversationModel.schema.index(
  { clientId: 1, labels: 1, lastMessageAt: -1, _id: -1 },
  { name: 'labels', partialFilterExpression: { labels: { $exists: true } } },
);
// A contact or lead has few conversations, so they are sorted in memory.
conversationModel.schema.index({ clientId: 1, contactId: 1, _id: 1 });
conversationModel.schema.index({ clientId: 1, leadId: 1, _id: 1 });
