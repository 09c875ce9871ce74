import type { ClientSession, Connection, Types } from 'mongoose';
import { readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter, ScopedUpdate } from '../../platform/tenant-queries.ts';
import { importModel, type ImportDoc } from './model.ts';

export { maxCopies, maxRunning, type Author, type ImportDoc } from './model.ts';

export type ImportRepository = ReturnType<typeof createImportRepository>;

/** What is stored while a slice works; not a change that users see, so the version stays. */
export type ImportProgress = Partial<
  Pick<ImportDoc, 'work' | 'found' | 'rowCount' | 'blankLines' | 'outcomes' | 'countedAt' | 'clearedAt'>
>;

export function createImportRepository(connection: Connection) {
  const imports = openTenantCollection(importModel, connection);
  return {
    findById: (scope: ClientScope, _id: Types.ObjectId, session?: ClientSession): Promise<ImportDoc | null> =>
      imports.findOne(scope, { _id }, { session }),

    findByIdempotencyKey: (scope: ClientScope, idempotencyKey: string): Promise<ImportDoc | null> =>
      imports.findOne(scope, { idempotencyKey }),

    findByContentKey: (scope: ClientScope, contentKey: string): Promise<ImportDoc | null> =>
      imports.findOne(scope, { contentKey }),

    list: (scope: ClientScope, order: ListOrder<ImportDoc>, limit: number): Promise<ImportDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        imports.find(scope, range as ScopedFilter<ImportDoc>, { sort: order.sort, limit: atMost }),
      ),

    /** Throws the duplicate key error if another upload has its idempotency key. */
    insert: (scope: ClientScope, fresh: ImportDoc, session: ClientSession): Promise<void> =>
      imports.insertOne(scope, fresh, { session }),

    /** False if the import has changed since it was read. Throws the duplicate key error if a slot or content is taken. */
    replace: (
      scope: ClientScope,
      current: ImportDoc,
      next: ImportDoc,
      session: ClientSession,
    ): Promise<boolean> => imports.replaceVersioned(scope, current, next, session),

    /** False if the import is in another state, or is analysed again. */
    async progress(
      scope: ClientScope,
      { _id, state, analysis }: Pick<ImportDoc, '_id' | 'state' | 'analysis'>,
      progress: ImportProgress,
    ): Promise<boolean> {
      const { matchedCount } = await imports.updateOne(scope, { _id, state, analysis }, { $set: progress });
      return matchedCount === 1;
    },

    /** Deletes the cells of the first rows that findings show: of imports of which a person is erased, or that are cleared. */
    async eraseSamples(
      scope: ClientScope,
      ids: readonly Types.ObjectId[],
      session?: ClientSession,
    ): Promise<void> {
      for (const [list, shown] of [
        ['found.columns', 'samples'],
        ['found.encoding.readings', 'words'],
      ] as const)
        await imports.updateMany(
          scope,
          { _id: { $in: [...ids] }, [`${list}.0`]: { $exists: true } },
          { $set: { [`${list}.$[].${shown}`]: [] } } as ScopedUpdate<ImportDoc>,
          { session },
        );
    },

    remove: (scope: ClientScope, { _id, version }: ImportDoc, session: ClientSession): Promise<boolean> =>
      imports.deleteOne(scope, { _id, version }, { session }),
  };
}
