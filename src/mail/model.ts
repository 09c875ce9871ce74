import { Schema, type Types } from 'mongoose';
import { declarePlatformModel } from '../platform/declare-model.ts';

/**
 * What is to be mailed. It names the occasion and not the text: the letter with its secret link is made at the
 * moment of sending, so that no secret is ever stored.
 */
export type MailOrder =
  | { readonly kind: 'password-reset'; readonly email: string }
  | { readonly kind: 'invitation'; readonly clientId: Types.ObjectId; readonly userId: Types.ObjectId };

export type MailKind = MailOrder['kind'];

/** An order on its way. It is gone when the mail was sent, or when there is nobody to send it to. */
export interface OutboxMailDoc {
  readonly _id: Types.ObjectId;
  readonly order: MailOrder;
  readonly createdAt: Date;
  /** How often somebody has begun to send it. */
  readonly attempts: number;
  /** Who takes a mail moves this on, so that another process tries if the first one dies. Absent when given up. */
  readonly nextAttemptAt?: Date;
  /** When it was given up: the document stays for a while, for operators to see. */
  readonly failedAt?: Date;
}

export const outboxMailModel = declarePlatformModel<OutboxMailDoc>('outbox_mails', {
  order: { type: Schema.Types.Mixed, required: true },
  createdAt: { type: Date, required: true },
  attempts: { type: Number, required: true },
  nextAttemptAt: Date,
  failedAt: Date,
});

outboxMailModel.schema.index({ nextAttemptAt: 1 }, { sparse: true });
outboxMailModel.schema.index({ failedAt: 1 }, { expireAfterSeconds: 30 * 24 * 60 * 60 });
