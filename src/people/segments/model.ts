import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';
import type { SegmentReferences } from './references.ts';

/** A filter of contacts under a name. */
export interface SegmentDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly name: string;
  /** Unique within the client, in any case and without accents. */
  readonly nameKey: string;
  /** As it was given, and read again at each use: what it names may be gone meanwhile. */
  readonly filter: unknown;
  /** What the filter names, for whoever wants to delete it. */
  readonly references: SegmentReferences;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

export const segmentModel = declareTenantModel<SegmentDoc>('segments', {
  name: { type: String, required: true },
  nameKey: { type: String, required: true },
  filter: { type: Schema.Types.Mixed, required: true },
  references: { type: Schema.Types.Mixed, required: true },
  createdAt: { type: Date, required: true },
  updatedAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

// Also serves the list.
segmentModel.schema.index({ clientId: 1, nameKey: 1 }, { unique: true });
// For the deletion of a custom field, a tag or a group.
for (const kind of ['customFields', 'tags', 'groups'] as const)
  segmentModel.schema.index({ clientId: 1, [`references.${kind}`]: 1 });
