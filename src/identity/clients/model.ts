import { type Connection, type Model, Schema, type Types } from 'mongoose';
import { schemaOptions } from '../../platform/mongo.ts';

/** A tenant: one business. Its own id is the `clientId` of everything that it owns. */
export interface ClientDoc {
  readonly _id: Types.ObjectId;
  readonly companyName: string;
  readonly whatsappNumber?: string;
  readonly businessCategory?: string;
  /** IANA name; what "tomorrow at nine" means for this business. */
  readonly timezone: string;
  readonly isActive: boolean;
  readonly createdAt: Date;
  /** +1 with every change that people make. */
  readonly version: number;
  /** Counted up by everything that may take an admin away, so that of two such writes at once one waits. */
  readonly adminChanges?: number;
}

const clientSchema = new Schema(
  {
    companyName: { type: String, required: true },
    whatsappNumber: String,
    businessCategory: String,
    timezone: { type: String, required: true },
    isActive: { type: Boolean, required: true },
    createdAt: { type: Date, required: true },
    version: { type: Number, required: true },
    adminChanges: Number,
  },
  { ...schemaOptions, collection: 'clients' },
);

// Operators list all clients, the newest first.
clientSchema.index({ createdAt: -1, _id: -1 });

export const clientModel = (connection: Connection): Model<ClientDoc> =>
  connection.model<ClientDoc>('Client', clientSchema as unknown as Schema<ClientDoc>);
