import { Schema, type Types } from 'mongoose';
import { declarePlatformModel } from '../platform/declare-model.ts';
import type { EventProgress } from './progress.ts';

export const webhookEventStatuses = ['pending', 'parked', 'done', 'dead'] as const;
export type WebhookEventStatus = (typeof webhookEventStatuses)[number];

/** Nothing is sent to this person while the event is unread, unless an identity is known to be the person's. */
export interface Hold {
  /** A key of `persons.ts`, `manyPersons` for anyone, or `whoeverIsQuoted` (`holds.ts`). */
  readonly person: string;
  /** The key of the identity; `always` for a hold without an exception. */
  readonly unless: string;
}

/** One stored webhook request. Together they are the intake: the durable queue between provider and processor. */
export interface WebhookEventDoc {
  readonly _id: Types.ObjectId;
  readonly receivedAt: Date;
  /** Set for a request to a channel's own address: the only channel that it may concern. */
  readonly channelId?: Types.ObjectId;
  /** Whose events take turns with it (`source.ts`); missing in events of older versions, which share one source. */
  readonly source?: string;
  /** Keys of the persons whom the body names (`persons.ts`), for their erasure; missing in events of older versions. */
  readonly persons?: readonly string[];
  /** It may hold a message or preference of a contact, which is processed before receipts; otherwise missing. */
  readonly isUrgent?: true;
  /** The ids of the business numbers that the body names, if several: then `source` is a digest of them. */
  readonly numbers?: readonly string[];
  /** It holds what is sent to persons, because it is unread. Missing once it was read. */
  readonly holdsSends?: true;
  /** Whom it holds, and under which condition (`holds.ts`). */
  readonly holds?: readonly Hold[];
  /** Provider's ids of messages: it holds those to whom they were sent. */
  readonly quotes?: readonly string[];
  /** Exactly as received. */
  readonly body: string;
  /** Size of the body in UTF-8; missing in events of older versions. */
  readonly bytes?: number;
  readonly status: WebhookEventStatus;
  readonly attempts: number;
  /** Takes since the last verdict or progress: each began an attempt that nobody has ended yet. Missing for none. */
  readonly takes?: number;
  readonly progress?: EventProgress;
  /** Time of the next attempt, or the end of the lease during an attempt. Missing once done or dead. */
  readonly nextAttemptAt?: Date;
  /** Identifies the lease under which it is being processed. */
  readonly leaseToken?: string;
  /** Why it is parked or dead; without phone numbers and content. */
  readonly lastError?: string;
  readonly doneAt?: Date;
  readonly diedAt?: Date;
  /** When a dead letter is deleted. */
  readonly expiresAt?: Date;
  /** The last redrive: the event's age counts from here. */
  readonly redrivenAt?: Date;
}

/** Meta repeats an event for up to seven days; done events are kept one day longer. */
const keptSeconds = 8 * 24 * 60 * 60;

export const webhookEventModel = declarePlatformModel<WebhookEventDoc>('webhook_events', {
  receivedAt: { type: Date, required: true },
  channelId: Schema.Types.ObjectId,
  source: String,
  persons: { type: [String], default: undefined },
  isUrgent: Boolean,
  numbers: { type: [String], default: undefined },
  holdsSends: Boolean,
  holds: { type: [new Schema({ person: String, unless: String }, { _id: false })], default: undefined },
  quotes: { type: [String], default: undefined },
  body: { type: String, required: true },
  bytes: Number,
  status: { type: String, enum: webhookEventStatuses, required: true },
  attempts: { type: Number, required: true },
  takes: Number,
  progress: Schema.Types.Mixed,
  nextAttemptAt: Date,
  leaseToken: String,
  lastError: String,
  doneAt: Date,
  diedAt: Date,
  expiresAt: Date,
  redrivenAt: Date,
});

/** What goes when an event has been read, or never will be. */
export const holdFields = { holdsSends: 1, holds: 1, quotes: 1 } as const;

const isWaiting = { nextAttemptAt: { $exists: true } };

// These hold all that the gauges and the choice of a lease ask for: a body may have megabytes, and is read only in its turn.
webhookEventModel.schema.index(
  { nextAttemptAt: 1, status: 1, receivedAt: 1, redrivenAt: 1, source: 1 },
  { name: 'waiting', partialFilterExpression: isWaiting },
);
// The sources with due events are found by skipping from one to the next, however many events each of them has.
webhookEventModel.schema.index(
  { source: 1, nextAttemptAt: 1, bytes: 1, takes: 1, _id: 1 },
  { name: 'due', partialFilterExpression: isWaiting },
);
webhookEventModel.schema.index(
  { source: 1, isUrgent: 1, nextAttemptAt: 1, bytes: 1, takes: 1, _id: 1 },
  { name: 'dueUrgent', partialFilterExpression: { isUrgent: true, ...isWaiting } },
);
// Right before each call: whether something unread holds the person. Until it is read only.
webhookEventModel.schema.index(
  { 'holds.person': 1, 'holds.unless': 1, source: 1 },
  { name: 'unread', partialFilterExpression: { holdsSends: true, ...isWaiting } },
);
webhookEventModel.schema.index({ doneAt: 1 }, { expireAfterSeconds: keptSeconds });
webhookEventModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
webhookEventModel.schema.index({ persons: 1 }, { sparse: true });
webhookEventModel.schema.index(
  { status: 1, _id: 1, lastError: 1 },
  { name: 'unprocessed', partialFilterExpression: { status: { $in: ['parked', 'dead'] } } },
);
