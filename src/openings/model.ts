import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../platform/declare-model.ts';

/** A gate has opened, and the messages behind it must be woken. Deleted once they are. */
export interface GateOpeningDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly gate: string;
  /** Absent: all channels of the client. */
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
// The next due opening, across all tenants.
gateOpeningModel.schema.index({ nextPassAt: 1 }, { name: 'due' });
