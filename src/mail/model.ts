import { Schema, type Types } from 'mongoose';
import { declarePlatformModel } from '../platform/declare-model.ts';

/**
 * A mail to send. It names the occasion, not the text: the letter with its secret link is made when it is sent, so that
 * no secret is stored.
 */
export type MailOrder =
  | { readonly kind: 'password-reset' | 'email-confirmation'; readonly email: string }
  | { readonly kind: 'invitation'; readonly clientId: Types.ObjectId; readonly userId: Types.ObjectId }
  | {
      readonly kind: 'email-change-old' | 'email-change-new';
      readonly clientId: Types.ObjectId;
      readonly userId: Types.ObjectId;
      readonly changeId: Types.ObjectId;
    };

export type MailKind = MailOrder['kind'];

export const mailKinds = [
  'password-reset',
  'email-confirmation',
  'invitation',
  'email-change-old',
  'email-change-new',
] as const satisfies readonly MailKind[];

/** An order in the outbox. It is deleted once the mail is sent, or if it has no recipient any more. */
export interface OutboxMailDoc {
  readonly _id: Types.ObjectId;
  readonly order: MailOrder;
  /** Whose mails take turns with those of others (`lineOf`); missing in mails of older versions, which share one. */
  readonly line?: string;
  readonly createdAt: Date;
  /** The number of started attempts. */
  readonly attempts: number;
  /** A claim moves this forward, so that another process retries if the first one dies. Absent once given up. */
  readonly nextAttemptAt?: Date;
  /** When it was given up; the document then stays for 30 days, for operators. */
  readonly failedAt?: Date;
}

export const outboxMailModel = declarePlatformModel<OutboxMailDoc>('outbox_mails', {
  order: { type: Schema.Types.Mixed, required: true },
  line: String,
  createdAt: { type: Date, required: true },
  attempts: { type: Number, required: true },
  nextAttemptAt: Date,
  failedAt: Date,
});

outboxMailModel.schema.index({ nextAttemptAt: 1 }, { sparse: true });
// The lines with due mails are found by skipping from one to the next, however many mails each of them has.
outboxMailModel.schema.index(
  { line: 1, nextAttemptAt: 1 },
  { name: 'lines', partialFilterExpression: { nextAttemptAt: { $exists: true } } },
);
outboxMailModel.schema.index({ failedAt: 1 }, { expireAfterSeconds: 30 * 24 * 60 * 60 });
