import { Schema, type Types } from 'mongoose';
import { type Marked, markFields, markIndex } from '../../events/marks/mark.ts';
import { declareTenantModel } from '../../platform/declare-model.ts';
import { mediaStates, type MediaProblem, type MediaState } from './states.ts';

/** A file of a message, or one that a user has uploaded. */
export interface MediaFileDoc extends Marked {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly state: MediaState;
  /** Set for the file of a message that the provider delivered. */
  readonly messageId?: Types.ObjectId;
  readonly contactId?: Types.ObjectId;
  readonly channelId?: Types.ObjectId;
  /** The provider's id of the file; it serves the file for a few days. */
  readonly providerMediaId?: string;
  /** The user who uploaded the file. */
  readonly uploadedBy?: Types.ObjectId;
  /** Of the upload. */
  readonly idempotencyKey?: string;
  /** What the provider, or the user, says about the file. */
  readonly declared: DeclaredFile;
  /** Until when the file is fetched. */
  readonly fetchBy?: Date;
  /** How often the file did not match the provider's hash. */
  readonly mismatches?: number;
  /** Why the last attempt, or all of them, failed. */
  readonly problem?: MediaProblem;
  /** From here on: the stored file. */
  readonly bytes?: number;
  /** Lower-case hexadecimal. */
  readonly sha256?: string;
  /** By its content; missing if the content tells nothing. */
  readonly mimeType?: string;
  readonly thumbnail?: Thumbnail;
  /** The copies at the provider, by number. */
  readonly copies?: readonly ProviderCopy[];
  readonly createdAt: Date;
  readonly settledAt?: Date;
  /** While it is on its way: when its workflow is started, or looked for, next. */
  readonly startAt?: Date;
  /** Of an erased file: when its bytes are removed next. */
  readonly removeAt?: Date;
}

export interface DeclaredFile {
  readonly mimeType?: string;
  readonly filename?: string;
  /** Lower-case hexadecimal. */
  readonly sha256?: string;
}

export interface Thumbnail {
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
}

/** A copy of the file that the provider keeps for sends from one number. */
export interface ProviderCopy {
  readonly phoneNumberId: string;
  readonly mediaId?: string;
  /** Why the provider does not take the file. */
  readonly problem?: MediaProblem;
  readonly at: Date;
}

export const mediaFileModel = declareTenantModel<MediaFileDoc>('media_files', {
  state: { type: String, enum: mediaStates, required: true },
  messageId: Schema.Types.ObjectId,
  contactId: Schema.Types.ObjectId,
  channelId: Schema.Types.ObjectId,
  providerMediaId: String,
  uploadedBy: Schema.Types.ObjectId,
  idempotencyKey: String,
  declared: { type: Schema.Types.Mixed, required: true },
  fetchBy: Date,
  mismatches: Number,
  problem: Schema.Types.Mixed,
  bytes: Number,
  sha256: String,
  mimeType: String,
  thumbnail: Schema.Types.Mixed,
  copies: { type: [Schema.Types.Mixed], default: undefined },
  createdAt: { type: Date, required: true },
  settledAt: Date,
  startAt: Date,
  removeAt: Date,
  ...markFields,
});

mediaFileModel.schema.index(...markIndex);

// A message has one file, however often the provider delivers it.
mediaFileModel.schema.index(
  { clientId: 1, messageId: 1 },
  { unique: true, partialFilterExpression: { messageId: { $exists: true } } },
);
mediaFileModel.schema.index(
  { clientId: 1, idempotencyKey: 1 },
  { unique: true, partialFilterExpression: { idempotencyKey: { $exists: true } } },
);
// For erasure: the files of a contact.
mediaFileModel.schema.index(
  { clientId: 1, contactId: 1 },
  { partialFilterExpression: { contactId: { $exists: true } } },
);
// Files on their way across tenants, for the starter and for metrics.
mediaFileModel.schema.index(
  { state: 1, startAt: 1, _id: 1 },
  { name: 'unsettled', partialFilterExpression: { state: 'pending' } },
);
// Erased files across tenants whose bytes are to be removed.
mediaFileModel.schema.index(
  { removeAt: 1 },
  { name: 'to-remove', partialFilterExpression: { removeAt: { $exists: true } } },
);
