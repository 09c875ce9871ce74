import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/**
 * A mailed link that proves, once, that a user reads the mail of an address. Only the mail contains the token; its hash is
 * stored. It cannot set a password, so it is not a password link.
 */
export interface EmailConfirmationDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly userId: Types.ObjectId;
  /** The address that the mail went to; the link proves no other. */
  readonly email: string;
  readonly tokenHash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export const emailConfirmationModel = declareTenantModel<EmailConfirmationDoc>('email_confirmations', {
  userId: { type: Schema.Types.ObjectId, required: true },
  email: { type: String, required: true },
  tokenHash: { type: String, required: true },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
});

// A redeemed link names the token and not the tenant.
emailConfirmationModel.schema.index({ tokenHash: 1 }, { unique: true });
emailConfirmationModel.schema.index({ clientId: 1, userId: 1 });
emailConfirmationModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
