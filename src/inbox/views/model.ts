import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';
import type { ConversationSearch } from '../conversations/search-schemas.ts';

/** A search of conversations under a name. */
export interface SavedViewDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** The user whose own view it is; null if all users share it. */
  readonly ownerId: Types.ObjectId | null;
  readonly name: string;
  /** Unique among the shared ones, and among those of a user, in any case and without accents. */
  readonly nameKey: string;
  /** As the list of conversations parses it: what it names may be gone meanwhile. */
  readonly filter: ConversationSearch;
  readonly createdAt: Date;
  readonly version: number;
}

export const savedViewModel = declareTenantModel<SavedViewDoc>('saved_views', {
  ownerId: Schema.Types.ObjectId,
  name: { type: String, required: true },
  nameKey: { type: String, required: true },
  filter: { type: Schema.Types.Mixed, required: true },
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

// Also serves the list, which merges the shared ones and those of a user.
savedViewModel.schema.index({ clientId: 1, ownerId: 1, nameKey: 1 }, { unique: true });
