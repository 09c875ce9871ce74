import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';
import type { ParameterFormat } from '../content/checks/check.ts';
import type { TemplateComponentDefinition } from '../content/definition.ts';

/** `draft` is ours: the provider does not know the template yet. The others are the provider's, in our spelling. */
export const templateStatuses = [
  'draft',
  'pending',
  'approved',
  'rejected',
  'paused',
  'disabled',
  'in-appeal',
  'pending-deletion',
  'deleted',
  'limit-exceeded',
  'archived',
] as const;
export type TemplateStatus = (typeof templateStatuses)[number];

export const templateCategories = ['marketing', 'utility', 'authentication'] as const;
export type TemplateCategory = (typeof templateCategories)[number];

export const qualityScores = ['green', 'yellow', 'red', 'unknown'] as const;
export type QualityScore = (typeof qualityScores)[number];

/** A message template: unique by name and language on a channel. */
export interface TemplateDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  readonly name: string;
  readonly language: string;
  /** The provider's word, where it has one: it decides what a message costs and who may get it. */
  readonly category: TemplateCategory;
  /** What was asked for, where the provider decided otherwise. */
  readonly submittedCategory?: TemplateCategory;
  readonly components: readonly TemplateComponentDefinition[];
  readonly parameterFormat?: ParameterFormat;
  readonly status: TemplateStatus;
  /** When the provider said the status in an event: an older event changes it no more. */
  readonly statusAt?: Date;
  readonly rejectionReason?: string;
  readonly pauseReason?: string;
  readonly qualityScore?: QualityScore;
  readonly messageSendTtlSeconds?: number;
  readonly providerTemplateId?: string;
  readonly submittedAt?: Date;
  /** Why the last submission came to nothing. */
  readonly submitProblem?: string;
  /** Something says that the provider's template is not as we have it. */
  readonly needsSync?: boolean;
  readonly createdAt: Date;
  readonly version: number;
}

export const templateModel = declareTenantModel<TemplateDoc>('templates', {
  channelId: { type: Schema.Types.ObjectId, required: true },
  name: { type: String, required: true },
  language: { type: String, required: true },
  category: { type: String, enum: templateCategories, required: true },
  submittedCategory: { type: String, enum: templateCategories },
  components: { type: [Schema.Types.Mixed], required: true },
  parameterFormat: String,
  status: { type: String, enum: templateStatuses, required: true },
  statusAt: Date,
  rejectionReason: String,
  pauseReason: String,
  qualityScore: { type: String, enum: qualityScores },
  messageSendTtlSeconds: Number,
  providerTemplateId: String,
  submittedAt: Date,
  submitProblem: String,
  needsSync: Boolean,
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

templateModel.schema.index({ clientId: 1, channelId: 1, name: 1, language: 1 }, { unique: true });
templateModel.schema.index({ clientId: 1, name: 1, _id: 1 });
templateModel.schema.index({ clientId: 1, status: 1, name: 1, _id: 1 });
templateModel.schema.index({ clientId: 1, channelId: 1, providerTemplateId: 1 });

/** When the templates of a channel are to be read from the provider again; one for each channel. */
export interface TemplateSyncDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  /** Due from this time; pushed ahead while a worker is at it. */
  readonly nextSyncAt: Date;
  readonly lastSyncedAt?: Date;
  /** Failures since the last success. */
  readonly failures: number;
  readonly problem?: string;
}

export const templateSyncModel = declareTenantModel<TemplateSyncDoc>('template_syncs', {
  channelId: { type: Schema.Types.ObjectId, required: true },
  nextSyncAt: { type: Date, required: true },
  lastSyncedAt: Date,
  failures: { type: Number, required: true },
  problem: String,
});

templateSyncModel.schema.index({ clientId: 1, channelId: 1 }, { unique: true });
// The worker asks what is due for all clients together.
templateSyncModel.schema.index({ nextSyncAt: 1 });
