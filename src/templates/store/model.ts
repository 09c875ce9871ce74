import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';
import type { ParameterFormat } from '../content/checks/check.ts';
import type { TemplateComponentDefinition } from '../content/definition.ts';

/** `draft` means that the provider does not have the template. The others are the provider's, in our spelling. */
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
  /** Decided by the provider once submitted; it determines the price of a message and its allowed recipients. */
  readonly category: TemplateCategory;
  /** The submitted category, if the provider chose another. */
  readonly submittedCategory?: TemplateCategory;
  /** The provider's words that this version does not know; until then the last known values count. */
  readonly unknownCategory?: string;
  readonly unknownStatus?: string;
  readonly components: readonly TemplateComponentDefinition[];
  readonly parameterFormat?: ParameterFormat;
  readonly status: TemplateStatus;
  /** When the provider reported the status; older events are ignored. */
  readonly statusAt?: Date;
  readonly rejectionReason?: string;
  readonly pauseReason?: string;
  readonly qualityScore?: QualityScore;
  readonly messageSendTtlSeconds?: number;
  readonly providerTemplateId?: string;
  readonly submittedAt?: Date;
  /** Why the last submission failed. */
  readonly submitProblem?: string;
  /** The template at the provider may differ. */
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
  unknownCategory: String,
  unknownStatus: String,
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

/** The sync schedule of one channel. */
export interface TemplateSyncDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  /** Due from this time; the end of the lease during a sync. */
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
// The worker reads due syncs across all clients.
templateSyncModel.schema.index({ nextSyncAt: 1 });
