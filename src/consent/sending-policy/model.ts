import { Schema, type Connection, type Model, type Types } from 'mongoose';
import type { WordLists } from '../words/rules.ts';
import { schemaOptions } from '../../platform/mongo.ts';
import { holdableKinds, type HoldableKind, type QuietHours } from './rules.ts';

/** What a client has decided about its sending; a client without one sends at any time and knows the default words. */
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

const sendingPolicySchema = new Schema(
  {
    clientId: { type: Schema.Types.ObjectId, required: true },
    quietHours: Schema.Types.Mixed,
    appliesTo: { type: String, enum: holdableKinds, required: true },
    stopWords: { type: Schema.Types.Mixed, required: true },
    startWords: { type: Schema.Types.Mixed, required: true },
    replacesDefaults: { type: Boolean, required: true },
    version: { type: Number, required: true },
  },
  { ...schemaOptions, collection: 'sending_policies' },
);

sendingPolicySchema.index({ clientId: 1 }, { unique: true });

export const sendingPolicyModel = (connection: Connection): Model<SendingPolicyDoc> =>
  connection.model<SendingPolicyDoc>(
    'SendingPolicy',
    sendingPolicySchema as unknown as Schema<SendingPolicyDoc>,
  );
