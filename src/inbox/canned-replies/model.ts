import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/** A text that agents insert by its short code. */
export interface CannedReplyDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** The user whose own reply it is; null if all users share it. */
  readonly ownerId: Types.ObjectId | null;
  /** In lower case, without spaces. */
  readonly shortCode: string;
  /** With variables as `{{contact_name}}`. */
  readonly body: string;
  readonly createdAt: Date;
  readonly version: number;
}

export const cannedReplyModel = declareTenantModel<CannedReplyDoc>('canned_replies', {
  ownerId: Schema.Types.ObjectId,
  shortCode: { type: String, required: true },
  body: { type: String, required: true },
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

// The shared ones of a client, and those of each user, are apart. A client has few, so searches read them all.
cannedReplyModel.schema.index({ clientId: 1, ownerId: 1, shortCode: 1 }, { unique: true });
