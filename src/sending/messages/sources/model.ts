import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../../platform/declare-model.ts';

/**
 * The provider's object of an inbound message, or of a change of one, if it holds more than the fields of the message.
 * Stored as JSON text: it may have any keys and depth, which BSON refuses.
 */
export interface MessageSourceDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly messageId: Types.ObjectId;
  /** The provider's id of the message or of the change. */
  readonly eventId: string;
  readonly json: string;
  /** The object was larger than a source may be. */
  readonly isCut: boolean;
  readonly createdAt: Date;
}

/** Sources are deleted after this time. */
const retentionDays = 180;

export const messageSourceModel = declareTenantModel<MessageSourceDoc>('message_sources', {
  messageId: { type: Schema.Types.ObjectId, required: true },
  eventId: { type: String, required: true },
  json: { type: String, required: true },
  isCut: { type: Boolean, required: true },
  createdAt: { type: Date, required: true },
});

messageSourceModel.schema.index({ clientId: 1, messageId: 1, eventId: 1 }, { unique: true });
messageSourceModel.schema.index({ createdAt: 1 }, { expireAfterSeconds: retentionDays * 24 * 60 * 60 });
