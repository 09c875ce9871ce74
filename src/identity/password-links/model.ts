import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

export const linkPurposes = ['reset', 'invitation'] as const;
export type LinkPurpose = (typeof linkPurposes)[number];

/** A link that was mailed and sets a password once. The token is in the mail only; what is stored is its hash. */
export interface PasswordLinkDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly userId: Types.ObjectId;
  readonly purpose: LinkPurpose;
  readonly tokenHash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export const passwordLinkModel = declareTenantModel<PasswordLinkDoc>('password_links', {
  userId: { type: Schema.Types.ObjectId, required: true },
  purpose: { type: String, enum: linkPurposes, required: true },
  tokenHash: { type: String, required: true },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
});

// Whoever opens a link brings the token and not the tenant.
passwordLinkModel.schema.index({ tokenHash: 1 }, { unique: true });
passwordLinkModel.schema.index({ clientId: 1, userId: 1 });
passwordLinkModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
