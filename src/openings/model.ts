import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../platform/declare-model.ts';

/** A gate has opened: what waits behind it has to be told. Deleted when that is done. */
export interface GateOpeningDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly gate: string;
  /** Absent when it concerns all channels of the client. */
  readonly channelId?: Types.ObjectId;
  readonly templateName?: string;
  readonly language?: string;
  readonly openedAt: Date;
  readonly nextPassAt: Date;
}

export const gateOpeningModel = declareTenantModel<GateOpeningDoc>('gate_openings', {
  gate: { type: String, required: true },
  channelId: Schema.Types.ObjectId,
  templateName: String,
  language: String,
  openedAt: { type: Date, required: true },
  nextPassAt: { type: Date, required: true },
});

gateOpeningModel.schema.index({ clientId: 1, _id: 1 });
// Whose turn it is, over all tenants.
gateOpeningModel.schema.index({ nextPassAt: 1 }, { name: 'due' });
