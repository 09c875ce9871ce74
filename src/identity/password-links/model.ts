import { type Connection, type Model, Schema, type Types } from 'mongoose';
import { schemaOptions } from '../../platform/mongo.ts';

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

const passwordLinkSchema = new Schema(
  {
    clientId: { type: Schema.Types.ObjectId, required: true },
    userId: { type: Schema.Types.ObjectId, required: true },
    purpose: { type: String, enum: linkPurposes, required: true },
    tokenHash: { type: String, required: true },
    createdAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
  },
  { ...schemaOptions, collection: 'password_links' },
);

// Whoever opens a link brings the token and not the tenant.
passwordLinkSchema.index({ tokenHash: 1 }, { unique: true });
passwordLinkSchema.index({ clientId: 1, userId: 1 });
passwordLinkSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

export const passwordLinkModel = (connection: Connection): Model<PasswordLinkDoc> =>
  connection.model<PasswordLinkDoc>('PasswordLink', passwordLinkSchema as unknown as Schema<PasswordLinkDoc>);
