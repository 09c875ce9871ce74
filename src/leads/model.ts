import { Schema, type Connection, type Model, type Types } from 'mongoose';
import { schemaOptions } from '../platform/mongo.ts';

export const leadStages = ['new', 'contacted', 'qualified', 'won', 'lost'] as const;
export type LeadStage = (typeof leadStages)[number];

/** A sales opportunity of a contact. Phone, name and consent live on the contact. */
export interface LeadDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
  readonly stage: LeadStage;
  readonly tags: readonly string[];
  readonly assignedAgentId?: Types.ObjectId;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const leadSchema = new Schema(
  {
    clientId: { type: Schema.Types.ObjectId, required: true },
    contactId: { type: Schema.Types.ObjectId, required: true },
    stage: { type: String, enum: leadStages, required: true },
    tags: { type: [String], required: true },
    assignedAgentId: Schema.Types.ObjectId,
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { ...schemaOptions, collection: 'leads' },
);

leadSchema.index({ clientId: 1, contactId: 1 }, { unique: true });

export const leadModel = (connection: Connection): Model<LeadDoc> =>
  connection.model<LeadDoc>('Lead', leadSchema as unknown as Schema<LeadDoc>);
