import type { ClientSession, Connection, Types } from 'mongoose';
import { mergeByName, readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { savedViewModel, type SavedViewDoc } from './model.ts';

export type { SavedViewDoc } from './model.ts';

export type SavedViewRepository = ReturnType<typeof createSavedViewRepository>;

export function createSavedViewRepository(connection: Connection) {
  const views = openTenantCollection(savedViewModel, connection);
  return {
    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<SavedViewDoc | null> => views.findOne(scope, { _id }, { session }),

    findByNameKey: (
      scope: ClientScope,
      { ownerId, nameKey }: Pick<SavedViewDoc, 'ownerId' | 'nameKey'>,
    ): Promise<SavedViewDoc | null> => views.findOne(scope, { ownerId, nameKey }),

    /** Of these, the shared ones and those of the user. */
    findManyFor: (
      scope: ClientScope,
      userId: Types.ObjectId,
      ids: readonly Types.ObjectId[],
    ): Promise<SavedViewDoc[]> =>
      views.find(scope, { ownerId: { $in: [null, userId] }, _id: { $in: [...ids] } }),

    /** By name. One query for each owner, whose names are unique: their index serves each in order. */
    async listFor(
      scope: ClientScope,
      userId: Types.ObjectId,
      order: ListOrder<SavedViewDoc>,
      limit: number,
    ): Promise<SavedViewDoc[]> {
      const lists = [null, userId].map((ownerId) =>
        readRanges(order, limit, (range, atMost) =>
          views.find(
            scope,
            { ...(range as ScopedFilter<SavedViewDoc>), ownerId },
            { sort: { nameKey: 1 }, limit: atMost },
          ),
        ),
      );
      return mergeByName(await Promise.all(lists), limit);
    },

    /** Throws the duplicate key error if the owner has a view with the name. */
    insert: (scope: ClientScope, fresh: SavedViewDoc, session: ClientSession): Promise<void> =>
      views.insertOne(scope, fresh, { session }),

    /** As `insert`; false if the view has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: SavedViewDoc,
      next: SavedViewDoc,
      session: ClientSession,
    ): Promise<boolean> => views.replaceVersioned(scope, current, next, session),

    remove: (scope: ClientScope, { _id, version }: SavedViewDoc, session: ClientSession): Promise<boolean> =>
      views.deleteOne(scope, { _id, version }, { session }),
  };
}
