import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';
import type { Fact } from './facts.ts';
import { markKinds, type MarkKind } from './rules.ts';

/**
 * What is kept for an identity: an opt-out that its contact no longer holds, the time until which a consent
 * lifts opt-outs there, or the facts that events state about it.
 */
export interface AddressStopDoc {
  readonly _id?: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** The identity, as `identityKeys` of contacts have it; a hash of it for facts, which outlive deleted contacts. */
  readonly key: string;
  readonly kind: MarkKind | 'facts';
  /** When the person opted out, the last moment whose opt-outs are lifted, or the time of the first fact. */
  readonly at: Date;
  /** The contact that had the identity, or that the statement was attributed to; none for facts. */
  readonly contactId?: Types.ObjectId;
  readonly facts?: readonly Fact[];
  /** There were more facts than are kept. */
  readonly isFull?: boolean;
  /** Only of facts. */
  readonly version?: number;
}

export const addressStopModel = declareTenantModel<AddressStopDoc>('address_stops', {
  key: { type: String, required: true },
  kind: { type: String, enum: [...markKinds, 'facts'], required: true },
  at: { type: Date, required: true },
  contactId: Schema.Types.ObjectId,
  facts: { type: [Schema.Types.Mixed], default: undefined },
  isFull: Boolean,
  version: Number,
});

addressStopModel.schema.index({ clientId: 1, key: 1, kind: 1 }, { unique: true });
