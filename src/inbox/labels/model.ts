import type { Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/** A word of the client's own that sorts conversations. Conversations hold its id, so a new name is one write. */
export interface LabelDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly name: string;
  /** Unique within the client, in any case and without accents. */
  readonly nameKey: string;
  /** Such as #dc2626, in lower case. */
  readonly colour: string;
  /** Incremented by each transaction that gives the label to a conversation, so that it conflicts with the deletion. */
  readonly holds?: number;
  readonly createdAt: Date;
  readonly version: number;
}

export const labelModel = declareTenantModel<LabelDoc>('labels', {
  name: { type: String, required: true },
  nameKey: { type: String, required: true },
  colour: { type: String, required: true },
  holds: Number,
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

labelModel.schema.index({ clientId: 1, nameKey: 1 }, { unique: true });
labelModel.schema.index({ clientId: 1, createdAt: -1, _id: -1 });
