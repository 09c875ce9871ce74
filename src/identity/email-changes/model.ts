import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/**
 * A mailed link of a change of address. The change itself is kept with the user: a link is good only while that change is
 * open. Only the mail contains the token; its hash is stored.
 */
export interface EmailChangeLinkDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly userId: Types.ObjectId;
  readonly changeId: Types.ObjectId;
  /** The mailbox that the mail went to. */
  readonly side: 'old' | 'new';
  readonly tokenHash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export const emailChangeLinkModel = declareTenantModel<EmailChangeLinkDoc>('email_change_links', {
  userId: { type: Schema.Types.ObjectId, required: true },
  changeId: { type: Schema.Types.ObjectId, required: true },
  side: { type: String, enum: ['old', 'new'], required: true },
  tokenHash: { type: String, required: true },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
});

// A redeemed link names the token and not the tenant.
emailChangeLinkModel.schema.index({ tokenHash: 1 }, { unique: true });
emailChangeLinkModel.schema.index({ clientId: 1, userId: 1 });
emailChangeLinkModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
