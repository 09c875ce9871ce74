import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';
import { stopKinds, type StopKind } from './rules.ts';

/** An opt-out of an identity whose contact has lost it by a correction or a change of its number. */
export interface AddressStopDoc {
  readonly clientId: Types.ObjectId;
  /** The identity, as `identityKeys` of contacts have it. */
  readonly key: string;
  readonly kind: StopKind;
  /** When the person opted out. */
  readonly at: Date;
  /** The contact that had the identity. */
  readonly contactId: Types.ObjectId;
}

export const addressStopModel = declareTenantModel<AddressStopDoc>('address_stops', {
  key: { type: String, required: true },
  kind: { type: String, enum: stopKinds, required: true },
  at: { type: Date, required: true },
  contactId: { type: Schema.Types.ObjectId, required: true },
});

addressStopModel.schema.index({ clientId: 1, key: 1, kind: 1 }, { unique: true });
