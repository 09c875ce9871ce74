import { Schema, type Types } from 'mongoose';
import { optInStatuses, type OptInStatus } from '../contacts/rules.ts';
import { declareTenantModel } from '../../platform/declare-model.ts';
import { tokenIndexBy } from '../../platform/search/hints.ts';
import type { AdReferral } from './ad-referral.ts';
import { leadStages, type LeadStage } from './rules.ts';

/**
 * Copies of the contact's fields, so that each filter on leads is one query over one index. Every change of the contact
 * updates them in its transaction (`contact-dependents.ts`), and every transaction that creates a lead locks its contact.
 */
export interface ContactCopy {
  readonly phoneNumber?: string;
  readonly name?: string;
  readonly nameKey?: string;
  readonly username?: string;
  readonly usernameKey?: string;
  readonly searchTokens?: readonly string[];
  readonly optInStatus: OptInStatus;
}

/** A sales opportunity of a contact, one per contact. */
export interface LeadDoc extends ContactCopy {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
  readonly stage: LeadStage;
  readonly tags: readonly string[];
  readonly assignedAgentId?: Types.ObjectId;
  /** The advertisement that brought the contact first. */
  readonly source?: AdReferral;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
  /**
   * A deleted lead is never shown, but stays because closed conversations refer to it. If its contact gets a lead
   * again, the new lead has the same id.
   */
  readonly deletedAt?: Date;
}

export const leadModel = declareTenantModel<LeadDoc>('leads', {
  contactId: { type: Schema.Types.ObjectId, required: true },
  phoneNumber: String,
  name: String,
  nameKey: String,
  username: String,
  usernameKey: String,
  searchTokens: { type: [String], default: undefined },
  optInStatus: { type: String, enum: optInStatuses, required: true },
  stage: { type: String, enum: leadStages, required: true },
  tags: { type: [String], required: true },
  assignedAgentId: Schema.Types.ObjectId,
  source: Schema.Types.Mixed,
  createdAt: { type: Date, required: true },
  updatedAt: { type: Date, required: true },
  version: { type: Number, required: true },
  deletedAt: Date,
});

leadModel.schema.index({ clientId: 1, contactId: 1 }, { unique: true });
leadModel.schema.index({ clientId: 1, createdAt: -1, _id: -1 });
leadModel.schema.index({ clientId: 1, stage: 1, createdAt: -1, _id: -1 });
leadModel.schema.index({ clientId: 1, tags: 1, createdAt: -1, _id: -1 });
leadModel.schema.index({ clientId: 1, optInStatus: 1, createdAt: -1, _id: -1 });
leadModel.schema.index({ clientId: 1, assignedAgentId: 1, createdAt: -1, _id: -1 });
leadModel.schema.index({ clientId: 1, assignedAgentId: 1, stage: 1, createdAt: -1, _id: -1 });
for (const field of ['nameKey', 'usernameKey', 'phoneNumber'] as const) {
  leadModel.schema.index(
    { clientId: 1, [field]: 1, _id: 1 },
    { partialFilterExpression: { [field]: { $exists: true } } },
  );
}
leadModel.schema.index(...tokenIndexBy('createdAt'));
