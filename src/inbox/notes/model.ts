import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';
import { tokenIndexBy } from '../../platform/search/hints.ts';

/** What a user wrote about a conversation for colleagues. It never leaves to WhatsApp. */
export interface NoteDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
  readonly authorId: Types.ObjectId;
  readonly body: string;
  /** The users whom the body mentions. */
  readonly mentions: readonly Types.ObjectId[];
  /** What it is found by (`tokensOfNote`); every write of the body sets it. */
  readonly searchTokens?: readonly string[];
  /** Absent until the first change. */
  readonly editedAt?: Date;
  readonly createdAt: Date;
  readonly version: number;
}

export const noteModel = declareTenantModel<NoteDoc>('notes', {
  conversationId: { type: Schema.Types.ObjectId, required: true },
  authorId: { type: Schema.Types.ObjectId, required: true },
  body: { type: String, required: true },
  mentions: { type: [Schema.Types.ObjectId], required: true },
  searchTokens: { type: [String], default: undefined },
  editedAt: Date,
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

noteModel.schema.index({ clientId: 1, createdAt: -1, _id: -1 });
noteModel.schema.index({ clientId: 1, conversationId: 1, createdAt: -1, _id: -1 });
noteModel.schema.index(...tokenIndexBy('createdAt'));
