import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../../platform/declare-model.ts';

/** The conversations that a policy is for; an empty list matches all. */
export interface SlaMatch {
  readonly channelIds: readonly Types.ObjectId[];
}

/** How soon the business promises to answer and to resolve. A target that is missing is not measured. */
export interface SlaPolicyDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly name: string;
  /** 1 comes first; the first policy that matches counts. Unique within the client, which also bounds their number. */
  readonly priority: number;
  readonly match: SlaMatch;
  readonly firstResponseSeconds?: number;
  readonly nextResponseSeconds?: number;
  readonly resolutionSeconds?: number;
  /** The part of a target after which people are warned; absent warns nobody. */
  readonly warnAt?: number;
  /** Absent counts around the clock. */
  readonly businessHoursId?: Types.ObjectId;
  readonly createdAt: Date;
  readonly version: number;
}

export const maxPriority = 100;

export const slaPolicyModel = declareTenantModel<SlaPolicyDoc>('sla_policies', {
  name: { type: String, required: true },
  priority: { type: Number, required: true },
  match: { type: Schema.Types.Mixed, required: true },
  firstResponseSeconds: Number,
  nextResponseSeconds: Number,
  resolutionSeconds: Number,
  warnAt: Number,
  businessHoursId: Schema.Types.ObjectId,
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

slaPolicyModel.schema.index({ clientId: 1, priority: 1 }, { unique: true });
