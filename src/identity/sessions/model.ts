import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

export const sessionEndReasons = [
  'logout',
  'token-reused',
  'ended-by-user',
  'ended-by-admin',
  'password-changed',
  'password-reset',
  'email-changed',
  'user-disabled',
  'client-deactivated',
] as const;
export type SessionEndReason = (typeof sessionEndReasons)[number];

/**
 * One sign-in and its family of refresh tokens. `endedAt` is stored only here, so that one atomic write ends every token
 * of the session, even one that is being created concurrently.
 */
export interface SessionDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly userId: Types.ObjectId;
  readonly userAgent: string;
  /** The network of the sign-in: an IPv4 address, or the /64 of an IPv6 address. */
  readonly network?: string;
  readonly createdAt: Date;
  /** Rotation does not extend it. */
  readonly expiresAt: Date;
  readonly endedAt?: Date;
  readonly endReason?: SessionEndReason;
}

export const sessionModel = declareTenantModel<SessionDoc>('sessions', {
  userId: { type: Schema.Types.ObjectId, required: true },
  userAgent: { type: String, required: true },
  network: String,
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
  endedAt: Date,
  endReason: { type: String, enum: sessionEndReasons },
});

sessionModel.schema.index({ clientId: 1, userId: 1, _id: 1 });
sessionModel.schema.index({ clientId: 1, userId: 1, network: 1 });
sessionModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
// Streams of all clients ask each second which sessions have just ended.
sessionModel.schema.index({ endedAt: 1 }, { partialFilterExpression: { endedAt: { $exists: true } } });

/** One refresh token. Only the caller knows its id; the hash of the id is stored. */
export interface RefreshTokenDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly tokenHash: string;
  /** The id of the session. */
  readonly familyId: Types.ObjectId;
  readonly userId: Types.ObjectId;
  /** Null for the first token of the session. */
  readonly parentId: Types.ObjectId | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revoked: boolean;
  readonly usedAt?: Date;
  /** SHA-256 of the user agent that used it: only the same user agent may repeat a lost request. */
  readonly usedBy?: string;
}

export const refreshTokenModel = declareTenantModel<RefreshTokenDoc>('refresh_tokens', {
  tokenHash: { type: String, required: true },
  familyId: { type: Schema.Types.ObjectId, required: true },
  userId: { type: Schema.Types.ObjectId, required: true },
  parentId: Schema.Types.ObjectId,
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
  revoked: { type: Boolean, required: true },
  usedAt: Date,
  usedBy: String,
});

// A refresh knows the token and not the tenant. Unique, so that a parent has at most one child.
refreshTokenModel.schema.index({ tokenHash: 1 }, { unique: true });
refreshTokenModel.schema.index({ clientId: 1, familyId: 1 });
refreshTokenModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
