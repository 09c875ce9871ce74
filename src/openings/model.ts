import { Schema, type Connection, type Model, type Types } from 'mongoose';
import { schemaOptions } from '../platform/mongo.ts';

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

const openingSchema = new Schema(
  {
    clientId: { type: Schema.Types.ObjectId, required: true },
    gate: { type: String, required: true },
    channelId: Schema.Types.ObjectId,
    templateName: String,
    language: String,
    openedAt: { type: Date, required: true },
    nextPassAt: { type: Date, required: true },
  },
  { ...schemaOptions, collection: 'gate_openings' },
);

openingSchema.index({ clientId: 1, _id: 1 });
// Whose turn it is, over all tenants.
openingSchema.index({ nextPassAt: 1 }, { name: 'due' });

export const gateOpeningModel = (connection: Connection): Model<GateOpeningDoc> =>
  connection.model<GateOpeningDoc>('GateOpening', openingSchema as unknown as Schema<GateOpeningDoc>);
