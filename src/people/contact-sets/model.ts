import type { Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/** A named set of contacts: a tag or a group. Contacts hold its id, so a new name is one write. */
export interface ContactSetDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** As it was written. */
  readonly name: string;
  /** Unique within the client, in any case and without accents (`setKeyOf`). */
  readonly nameKey: string;
  /** Unique within the client, so that there are not more than `maxSets`. */
  readonly slot: number;
  /** Incremented by each transaction that makes a segment name the set, so that it conflicts with the deletion. */
  readonly holds?: number;
  readonly createdAt: Date;
  readonly version: number;
}

function declareSets(collection: 'tags' | 'contact_groups') {
  const model = declareTenantModel<ContactSetDoc>(collection, {
    name: { type: String, required: true },
    nameKey: { type: String, required: true },
    slot: { type: Number, required: true },
    holds: Number,
    createdAt: { type: Date, required: true },
    version: { type: Number, required: true },
  });
  // Also serves the list.
  model.schema.index({ clientId: 1, nameKey: 1 }, { unique: true });
  model.schema.index({ clientId: 1, slot: 1 }, { unique: true });
  return model;
}

/** Words of the client's own that sort contacts. */
export const tagModel = declareSets('tags');

/** Lists of contacts that people put together by hand. */
export const contactGroupModel = declareSets('contact_groups');
