import { Schema, type Types } from 'mongoose';
import { declarePlatformModel } from '../platform/declare-model.ts';

export const webhookEventStatuses = ['pending', 'parked', 'done', 'dead'] as const;
export type WebhookEventStatus = (typeof webhookEventStatuses)[number];

/** One webhook request as it arrived: the durable inbox between the provider and the processor. */
export interface WebhookEventDoc {
  readonly _id: Types.ObjectId;
  readonly receivedAt: Date;
  /** Set when it came in on a channel's own address, which is then the only channel it may speak of. */
  readonly channelId?: Types.ObjectId;
  /** It may hold the word of a person, which is taken up before receipts; missing for all others. */
  readonly isUrgent?: true;
  /** The exact text that was received. */
  readonly body: string;
  readonly status: WebhookEventStatus;
  readonly attempts: number;
  /** When it is next taken up; while it is being processed, when its lease ends. Absent once it is at its end. */
  readonly nextAttemptAt?: Date;
  /** Names the processor run that holds it. */
  readonly leaseToken?: string;
  /** Why it is parked or dead; no phone, no content. */
  readonly lastError?: string;
  readonly doneAt?: Date;
}

/** Meta repeats an event for up to seven days: what is done is kept one day longer. */
const keptSeconds = 8 * 24 * 60 * 60;

export const webhookEventModel = declarePlatformModel<WebhookEventDoc>('webhook_events', {
  receivedAt: { type: Date, required: true },
  channelId: Schema.Types.ObjectId,
  isUrgent: Boolean,
  body: { type: String, required: true },
  status: { type: String, enum: webhookEventStatuses, required: true },
  attempts: { type: Number, required: true },
  nextAttemptAt: Date,
  leaseToken: String,
  lastError: String,
  doneAt: Date,
});

webhookEventModel.schema.index({ nextAttemptAt: 1 }, { sparse: true });
webhookEventModel.schema.index(
  { isUrgent: 1, nextAttemptAt: 1 },
  { partialFilterExpression: { isUrgent: true, nextAttemptAt: { $exists: true } } },
);
webhookEventModel.schema.index({ doneAt: 1 }, { expireAfterSeconds: keptSeconds });
webhookEventModel.schema.index(
  { status: 1, _id: 1 },
  { partialFilterExpression: { status: { $in: ['parked', 'dead'] } } },
);
