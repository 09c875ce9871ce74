import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/** The message up to which the contact was shown that theirs were read. */
export interface ShownMark {
  readonly messageId: Types.ObjectId;
  /** The provider's id, which a repetition is known by. */
  readonly providerMessageId: string;
  /** When the message was written. */
  readonly writtenAt: Date;
  readonly at: Date;
}

/** Why the contact was not shown a message as read. */
export interface MarkFailure {
  readonly messageId: Types.ObjectId;
  /** The code of the provider, or `channel`, `block-list`, `away`. */
  readonly code: string;
  readonly title: string;
  readonly at: Date;
  /** Tries so far. */
  readonly tries: number;
  /** Nothing is tried again for this message. */
  readonly isFinal: boolean;
}

/** What a contact was shown of reading in one conversation. */
export interface ReadMarkDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
  readonly shown?: ShownMark;
  readonly failure?: MarkFailure;
  /** When the contact was last shown that somebody types. */
  readonly typedAt?: Date;
}

export const readMarkModel = declareTenantModel<ReadMarkDoc>('read_marks', {
  conversationId: { type: Schema.Types.ObjectId, required: true },
  shown: Schema.Types.Mixed,
  failure: Schema.Types.Mixed,
  typedAt: Date,
});

readMarkModel.schema.index({ clientId: 1, conversationId: 1 }, { unique: true });
