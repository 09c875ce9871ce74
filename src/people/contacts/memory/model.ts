import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../../platform/declare-model.ts';
import type { ConsentEntry } from '../store/model.ts';

/** What must outlive a deleted contact: that its person wants no messages. Holds no identity in clear. */
export interface RememberedOptOut {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** SHA-256 of the client and an identity key. */
  readonly keyHash: string;
  /** The statements that decided the state, without their wording. */
  readonly consentLog: readonly ConsentEntry[];
  readonly isBlocked: boolean;
  readonly blockedAt?: Date;
  readonly deletedAt: Date;
}

export const rememberedOptOutModel = declareTenantModel<RememberedOptOut>('remembered_opt_outs', {
  keyHash: { type: String, required: true },
  consentLog: { type: [Schema.Types.Mixed], required: true },
  isBlocked: { type: Boolean, required: true },
  blockedAt: Date,
  deletedAt: { type: Date, required: true },
});

rememberedOptOutModel.schema.index({ clientId: 1, keyHash: 1 }, { unique: true });
