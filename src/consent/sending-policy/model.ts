import { Schema, type Types } from 'mongoose';
import type { WordLists } from '../words/rules.ts';
import { declareTenantModel } from '../../platform/declare-model.ts';
import { holdableKinds, type HoldableKind, type QuietHours } from './rules.ts';

/** A client without a policy sends at any time and uses the default words. */
export interface SendingPolicyDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly quietHours?: QuietHours;
  readonly appliesTo: HoldableKind;
  readonly stopWords: WordLists;
  readonly startWords: WordLists;
  readonly replacesDefaults: boolean;
  readonly version: number;
}

export const sendingPolicyModel = declareTenantModel<SendingPolicyDoc>('sending_policies', {
  quietHours: Schema.Types.Mixed,
  appliesTo: { type: String, enum: holdableKinds, required: true },
  stopWords: { type: Schema.Types.Mixed, required: true },
  startWords: { type: Schema.Types.Mixed, required: true },
  replacesDefaults: { type: Boolean, required: true },
  version: { type: Number, required: true },
});

sendingPolicyModel.schema.index({ clientId: 1 }, { unique: true });
