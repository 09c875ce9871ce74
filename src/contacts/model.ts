import { Schema, type Connection, type Model, type Types } from 'mongoose';
import { schemaOptions } from '../platform/mongo.ts';

export const optInStatuses = ['unknown', 'opted-in', 'opted-out'] as const;
export type OptInStatus = (typeof optInStatuses)[number];

/** A person on WhatsApp, one per person and client. At least one identity is set; the phone is optional. */
export interface ContactDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** E.164 with `+`. */
  readonly phoneNumber?: string;
  /** The provider's `wa_id`, which may differ from the phone number. */
  readonly whatsappId?: string;
  readonly businessScopedUserId?: string;
  readonly username?: string;
  readonly name?: string;
  readonly tags: readonly string[];
  readonly optInStatus: OptInStatus;
  readonly createdAt: Date;
}

const contactSchema = new Schema(
  {
    clientId: { type: Schema.Types.ObjectId, required: true },
    phoneNumber: String,
    whatsappId: String,
    businessScopedUserId: String,
    username: String,
    name: String,
    tags: { type: [String], required: true },
    optInStatus: { type: String, enum: optInStatuses, required: true },
    createdAt: { type: Date, required: true },
  },
  { ...schemaOptions, collection: 'contacts' },
);

contactSchema.index(
  { clientId: 1, phoneNumber: 1 },
  { unique: true, partialFilterExpression: { phoneNumber: { $exists: true } } },
);
contactSchema.index(
  { clientId: 1, businessScopedUserId: 1 },
  { unique: true, partialFilterExpression: { businessScopedUserId: { $exists: true } } },
);

export const contactModel = (connection: Connection): Model<ContactDoc> =>
  connection.model<ContactDoc>('Contact', contactSchema as unknown as Schema<ContactDoc>);
