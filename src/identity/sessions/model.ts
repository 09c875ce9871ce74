import { type Connection, type Model, Schema, type Types } from 'mongoose';
import { schemaOptions } from '../../platform/mongo.ts';

export const sessionEndReasons = [
  'logout',
  'token-reused',
  'ended-by-user',
  'ended-by-admin',
  'password-changed',
  'password-reset',
  'user-disabled',
  'client-deactivated',
] as const;
export type SessionEndReason = (typeof sessionEndReasons)[number];

/**
 * One sign-in; the family of all refresh tokens that follow from it. That it has ended stands here alone, so
 * that one atomic write ends it for every token, also for one that is being made at the same moment.
 */
export interface SessionDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly userId: Types.ObjectId;
  readonly userAgent: string;
  /** Where the sign-in came from: an IPv4 address, or the /64 of an IPv6 one. */
  readonly network?: string;
  readonly createdAt: Date;
  /** Rotation does not move this: nobody stays signed in for ever. */
  readonly expiresAt: Date;
  readonly endedAt?: Date;
  readonly endReason?: SessionEndReason;
}

const sessionSchema = new Schema(
  {
    clientId: { type: Schema.Types.ObjectId, required: true },
    userId: { type: Schema.Types.ObjectId, required: true },
    userAgent: { type: String, default: '' },
    network: String,
    createdAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
    endedAt: Date,
    endReason: { type: String, enum: sessionEndReasons },
  },
  { ...schemaOptions, collection: 'sessions' },
);

sessionSchema.index({ clientId: 1, userId: 1, _id: 1 });
sessionSchema.index({ clientId: 1, userId: 1, network: 1 });
sessionSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

/** One refresh token. Its id is known to the caller only; what is stored is the id's hash. */
export interface RefreshTokenDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly tokenHash: string;
  /** The session. */
  readonly familyId: Types.ObjectId;
  readonly userId: Types.ObjectId;
  /** Null for the token of the sign-in itself. */
  readonly parentId: Types.ObjectId | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revoked: boolean;
  readonly usedAt?: Date;
  /** SHA-256 of the user agent that used it: only the same one gets the grace after a lost answer. */
  readonly usedBy?: string;
}

const refreshTokenSchema = new Schema(
  {
    clientId: { type: Schema.Types.ObjectId, required: true },
    tokenHash: { type: String, required: true },
    familyId: { type: Schema.Types.ObjectId, required: true },
    userId: { type: Schema.Types.ObjectId, required: true },
    parentId: { type: Schema.Types.ObjectId, default: null },
    createdAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
    revoked: { type: Boolean, required: true },
    usedAt: Date,
    usedBy: String,
  },
  { ...schemaOptions, collection: 'refresh_tokens' },
);

// The caller brings the token and not the tenant. Unique, so that a parent can have one child only.
refreshTokenSchema.index({ tokenHash: 1 }, { unique: true });
refreshTokenSchema.index({ clientId: 1, familyId: 1 });
refreshTokenSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

export const sessionModel = (connection: Connection): Model<SessionDoc> =>
  connection.model<SessionDoc>('Session', sessionSchema as unknown as Schema<SessionDoc>);

export const refreshTokenModel = (connection: Connection): Model<RefreshTokenDoc> =>
  connection.model<RefreshTokenDoc>('RefreshToken', refreshTokenSchema as unknown as Schema<RefreshTokenDoc>);
