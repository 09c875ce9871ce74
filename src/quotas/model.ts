import type { Types } from 'mongoose';
import { declareTenantModel } from '../platform/declare-model.ts';

/** What one business has stored on one day: bytes that processes have reserved, of which each may have some left over. */
export interface UsageDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** The UTC day, `2026-11-28`. */
  readonly day: string;
  /** Through the addresses of its verified channels. */
  readonly bytes: number;
  /** Through those of its unverified channels. */
  readonly unverifiedBytes?: number;
  /** Through the API, while one of its channels is verified. */
  readonly apiBytes?: number;
  /** Through the API, while none is. */
  readonly unverifiedApiBytes?: number;
  /** Uploaded files, while one of its channels is verified. */
  readonly fileBytes?: number;
  /** Uploaded files, while none is. */
  readonly unverifiedFileBytes?: number;
  readonly expiresAt: Date;
}

/** The collection has the name of its first use. */
export const usageModel = declareTenantModel<UsageDoc>('webhook_usage', {
  day: { type: String, required: true },
  bytes: { type: Number, required: true },
  unverifiedBytes: Number,
  apiBytes: Number,
  unverifiedApiBytes: Number,
  fileBytes: Number,
  unverifiedFileBytes: Number,
  expiresAt: { type: Date, required: true },
});

usageModel.schema.index({ clientId: 1, day: 1 }, { unique: true });
usageModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
