import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

export const linkPurposes = ['reset', 'invitation'] as const;
export type LinkPurpose = (typeof linkPurposes)[number];

/** A mailed link that sets a password once. Only the mail contains the token; its hash is stored. */
export interface PasswordLinkDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly userId: Types.ObjectId;
  /** The address that the mail went to; missing in links of earlier versions. */
  readonly email?: string;
  readonly purpose: LinkPurpose;
  readonly tokenHash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export const passwordLinkModel = declareTenantModel<PasswordLinkDoc>('password_links', {
  userId: { type: Schema.Types.ObjectId, required: true },
  email: String,
  purpose: { type: String, enum: linkPurposes, required: true },
  tokenHash: { type: String, required: true },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
});

// A redeemed link names the token and not the tenant.
passwordLinkModel.schema.index({ tokenHash: 1 }, { unique: true });
passwordLinkModel.schema.index({ clientId: 1, userId: 1 });
passwordLinkModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
