import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../platform/declare-model.ts';

/**
 * Something that becomes due. A timer is armed while it has `attemptAt`; one that ended stays for a day, so that its
 * epoch goes on rising, and one that was given up stays for 30 days, for operators.
 */
export interface TimerDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly kind: string;
  /** The object that the timer is about. */
  readonly subjectId: Types.ObjectId;
  readonly dueAt: Date;
  /** Rises whenever the timer is armed or disarmed: a firing of an older epoch is over. */
  readonly epoch: number;
  /** The number of started attempts of this epoch. */
  readonly attempts: number;
  /** When the next attempt is due; a lease moves it forward. Absent once the timer ended or was given up. */
  readonly attemptAt?: Date;
  /** The worker that holds the timer until `attemptAt`. */
  readonly leaseToken?: string;
  /** The kind of the last failure, without its text. */
  readonly lastError?: string;
  /** When it was given up. */
  readonly failedAt?: Date;
  /** When the document of an ended timer is deleted. */
  readonly expiresAt?: Date;
}

export const timerModel = declareTenantModel<TimerDoc>('timers', {
  kind: { type: String, required: true },
  subjectId: { type: Schema.Types.ObjectId, required: true },
  dueAt: { type: Date, required: true },
  epoch: { type: Number, required: true },
  attempts: { type: Number, required: true },
  attemptAt: Date,
  leaseToken: String,
  lastError: String,
  failedAt: Date,
  expiresAt: Date,
});

timerModel.schema.index({ clientId: 1, kind: 1, subjectId: 1 }, { unique: true });
// The due timers of a client in order, and the clients that have some.
timerModel.schema.index(
  { clientId: 1, attemptAt: 1 },
  { name: 'due-of-client', partialFilterExpression: { attemptAt: { $exists: true } } },
);
// The timer that is due first, across all tenants.
timerModel.schema.index({ attemptAt: 1 }, { name: 'due', sparse: true });
timerModel.schema.index({ failedAt: 1 }, { name: 'failed', sparse: true });
timerModel.schema.index({ expiresAt: 1 }, { name: 'expiry', expireAfterSeconds: 0 });
