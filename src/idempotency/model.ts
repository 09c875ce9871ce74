import { Schema, type Types } from 'mongoose';
import type { SealedSecret } from '../platform/cipher.ts';
import { declareTenantModel } from '../platform/declare-model.ts';

/** A request with an `Idempotency-Key`, and its answer once there is one. */
export interface AnswerDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly route: string;
  readonly key: string;
  readonly hash: string;
  /** Who handles the request: only the holder of the token may commit. */
  readonly token: string;
  /** Until then the request counts as being handled. */
  readonly leasedUntil: Date;
  /** When a transaction of the request was committed. */
  readonly committedAt?: Date;
  /** The rendered reply. Sealed, because it may show a secret that is stored nowhere else. */
  readonly answer?: SealedSecret;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

const date = { type: Date, required: true } as const;
const text = { type: String, required: true } as const;

export const answerModel = declareTenantModel<AnswerDoc>('idempotent_requests', {
  route: text,
  key: text,
  hash: text,
  token: text,
  leasedUntil: date,
  committedAt: Date,
  answer: Schema.Types.Mixed,
  createdAt: date,
  expiresAt: date,
});

answerModel.schema.index({ clientId: 1, route: 1, key: 1 }, { unique: true });
answerModel.schema.index({ expiresAt: 1 }, { name: 'expiry', expireAfterSeconds: 0 });
