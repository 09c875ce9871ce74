import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';
import { markKinds, type MarkKind } from './rules.ts';

/** An opt-out at an identity that is not its contact's (any more), or what a consent at an identity lifts. */
export interface AddressStopDoc {
  readonly clientId: Types.ObjectId;
  /** The identity, as `identityKeys` of contacts have it. */
  readonly key: string;
  readonly kind: MarkKind;
  /** When the person opted out, or the last moment whose opt-outs are lifted. */
  readonly at: Date;
  /** The contact that had the identity, or that the statement was attributed to. */
  readonly contactId: Types.ObjectId;
}

export const addressStopModel = declareTenantModel<AddressStopDoc>('address_stops', {
  key: { type: String, required: true },
  kind: { type: String, enum: markKinds, required: true },
  at: { type: Date, required: true },
  contactId: { type: Schema.Types.ObjectId, required: true },
});

addressStopModel.schema.index({ clientId: 1, key: 1, kind: 1 }, { unique: true });
