import type { ClientSession, Connection, Types } from 'mongoose';
import { readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { segmentModel, type SegmentDoc } from './model.ts';

export type { SegmentDoc } from './model.ts';

export type SegmentRepository = ReturnType<typeof createSegmentRepository>;

export function createSegmentRepository(connection: Connection) {
  const segments = openTenantCollection(segmentModel, connection);
  return {
    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<SegmentDoc | null> => segments.findOne(scope, { _id }, { session }),

    findByNameKey: (scope: ClientScope, nameKey: string): Promise<SegmentDoc | null> =>
      segments.findOne(scope, { nameKey }),

    /** By name; names are unique, so that their index serves the list in order. */
    list: (scope: ClientScope, order: ListOrder<SegmentDoc>, limit: number): Promise<SegmentDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        segments.find(scope, range as ScopedFilter<SegmentDoc>, { sort: { nameKey: 1 }, limit: atMost }),
      ),

    /** Some segments whose filters name this: a custom field by its key, a tag or a group by its id. */
    findByReference: (
      scope: ClientScope,
      { kind, name }: { readonly kind: 'customFields' | 'tags' | 'groups'; readonly name: string },
      options: { readonly limit: number; readonly session: ClientSession },
    ): Promise<Pick<SegmentDoc, '_id' | 'name'>[]> =>
      segments.find<Pick<SegmentDoc, '_id' | 'name'>>(
        scope,
        { [`references.${kind}`]: name },
        { projection: { name: 1 }, ...options },
      ),

    /** Throws the duplicate key error if the name is taken. */
    insert: (scope: ClientScope, fresh: SegmentDoc, session: ClientSession): Promise<void> =>
      segments.insertOne(scope, fresh, { session }),

    /** As `insert`; false if the segment has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: SegmentDoc,
      next: SegmentDoc,
      session: ClientSession,
    ): Promise<boolean> => segments.replaceVersioned(scope, current, next, session),

    remove: (scope: ClientScope, { _id, version }: SegmentDoc, session: ClientSession): Promise<boolean> =>
      segments.deleteOne(scope, { _id, version }, { session }),
  };
}
