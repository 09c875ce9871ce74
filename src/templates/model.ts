import { Schema, type Connection, type Model, type Types } from 'mongoose';
import { schemaOptions } from '../platform/mongo.ts';
import type { TemplateComponentDefinition } from '../template-content/definition.ts';

export const templateStatuses = ['approved', 'pending', 'rejected', 'paused', 'disabled'] as const;
export type TemplateStatus = (typeof templateStatuses)[number];

export const templateCategories = ['marketing', 'utility', 'authentication'] as const;
export type TemplateCategory = (typeof templateCategories)[number];

/** A message template as Meta knows it: unique by name and language on a channel. */
export interface TemplateDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  readonly name: string;
  readonly language: string;
  readonly category: TemplateCategory;
  readonly components: readonly TemplateComponentDefinition[];
  readonly status: TemplateStatus;
  readonly createdAt: Date;
  readonly version: number;
}

const templateSchema = new Schema(
  {
    clientId: { type: Schema.Types.ObjectId, required: true },
    channelId: { type: Schema.Types.ObjectId, required: true },
    name: { type: String, required: true },
    language: { type: String, required: true },
    category: { type: String, enum: templateCategories, required: true },
    components: { type: [Schema.Types.Mixed], required: true },
    status: { type: String, enum: templateStatuses, required: true },
    createdAt: { type: Date, required: true },
    version: { type: Number, required: true },
  },
  { ...schemaOptions, collection: 'templates' },
);

templateSchema.index({ clientId: 1, channelId: 1, name: 1, language: 1 }, { unique: true });
templateSchema.index({ clientId: 1, name: 1, _id: 1 });
templateSchema.index({ clientId: 1, status: 1, name: 1, _id: 1 });

export const templateModel = (connection: Connection): Model<TemplateDoc> =>
  connection.model<TemplateDoc>('Template', templateSchema as unknown as Schema<TemplateDoc>);
