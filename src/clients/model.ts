import { type Connection, type Model, Schema, type Types } from 'mongoose';
import { schemaOptions } from '../platform/mongo.ts';

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
}

const clientSchema = new Schema(
  {
    companyName: { type: String, required: true },
    whatsappNumber: String,
    businessCategory: String,
    timezone: { type: String, required: true },
    isActive: { type: Boolean, required: true },
    createdAt: { type: Date, required: true },
  },
  { ...schemaOptions, collection: 'clients' },
);

export const clientModel = (connection: Connection): Model<ClientDoc> =>
  connection.model<ClientDoc>('Client', clientSchema as unknown as Schema<ClientDoc>);
