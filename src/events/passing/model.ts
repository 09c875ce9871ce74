import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/** A passing event on its way to the other API processes; nobody reads it later. */
export interface PassingEventDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly type: string;
  readonly entity: { readonly type: string; readonly id: Types.ObjectId };
  readonly at: Date;
  /** Who caused it, and is not told. */
  readonly from: Types.ObjectId;
  readonly view: Readonly<Record<string, unknown>>;
  readonly expiresAt: Date;
}

export const passingEventModel = declareTenantModel<PassingEventDoc>('passing_events', {
  type: { type: String, required: true },
  entity: { type: Schema.Types.Mixed, required: true },
  at: { type: Date, required: true },
  from: { type: Schema.Types.ObjectId, required: true },
  view: { type: Schema.Types.Mixed, required: true },
  expiresAt: { type: Date, required: true },
});

passingEventModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
