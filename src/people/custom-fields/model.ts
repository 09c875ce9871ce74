import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';
import { fieldTypes, type FieldRules } from './rules.ts';

/** A field of a business's own that its contacts have values of. */
export interface CustomFieldDoc extends FieldRules {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly label: string;
  /** Its place in lists and forms; equal ones follow each other by age. */
  readonly order: number;
  /** From 0 to `maxFields` - 1, unique within the client, so that there are not more. */
  readonly slot: number;
  /** Since when contacts may have a value: the transaction of the first one sets it, and so conflicts with a deletion. */
  readonly usedAt?: Date;
  /** Incremented by every transaction that makes something refer to the field, so that it conflicts with its deletion. */
  readonly holds?: number;
  readonly createdAt: Date;
  readonly version: number;
}

export const customFieldModel = declareTenantModel<CustomFieldDoc>('custom_fields', {
  key: { type: String, required: true },
  type: { type: String, enum: fieldTypes, required: true },
  label: { type: String, required: true },
  options: { type: [Schema.Types.Mixed], default: undefined },
  required: { type: Boolean, required: true },
  order: { type: Number, required: true },
  slot: { type: Number, required: true },
  archivedAt: Date,
  usedAt: Date,
  holds: Number,
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

customFieldModel.schema.index({ clientId: 1, key: 1 }, { unique: true });
customFieldModel.schema.index({ clientId: 1, slot: 1 }, { unique: true });
customFieldModel.schema.index({ clientId: 1, order: 1, _id: 1 });
