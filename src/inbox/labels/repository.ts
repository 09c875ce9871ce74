import type { ClientSession, Connection, Types } from 'mongoose';
import { readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { labelModel, type LabelDoc } from './model.ts';

export type { LabelDoc } from './model.ts';

export type LabelRepository = ReturnType<typeof createLabelRepository>;

export function createLabelRepository(connection: Connection) {
  const labels = openTenantCollection(labelModel, connection);
  return {
    findById: (scope: ClientScope, _id: Types.ObjectId, session?: ClientSession): Promise<LabelDoc | null> =>
      labels.findOne(scope, { _id }, { session }),

    /** Those of these ids that exist. */
    async findExisting(scope: ClientScope, ids: readonly Types.ObjectId[]): Promise<Types.ObjectId[]> {
      if (ids.length === 0) return [];
      const found = await labels.find(scope, { _id: { $in: [...ids] } }, { projection: { _id: 1 } });
      return found.map(({ _id }) => _id);
    },

    findByNameKey: (scope: ClientScope, nameKey: string): Promise<LabelDoc | null> =>
      labels.findOne(scope, { nameKey }),

    list: (scope: ClientScope, order: ListOrder<LabelDoc>, limit: number): Promise<LabelDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        labels.find(scope, range as ScopedFilter<LabelDoc>, { sort: order.sort, limit: atMost }),
      ),

    /** Throws the duplicate key error if the name is taken. */
    insert: (scope: ClientScope, fresh: LabelDoc, session: ClientSession): Promise<void> =>
      labels.insertOne(scope, fresh, { session }),

    /** As `insert`; false if the label has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: LabelDoc,
      next: LabelDoc,
      session: ClientSession,
    ): Promise<boolean> => labels.replaceVersioned(scope, current, next, session),

    remove: (scope: ClientScope, { _id, version }: LabelDoc, session: ClientSession): Promise<boolean> =>
      labels.deleteOne(scope, { _id, version }, { session }),

    /** Writes to the label, so that the transaction conflicts with its deletion; false if there is no such label. */
    async hold(scope: ClientScope, _id: Types.ObjectId, session: ClientSession): Promise<boolean> {
      const { matchedCount } = await labels.updateOne(scope, { _id }, { $inc: { holds: 1 } }, { session });
      return matchedCount === 1;
    },
  };
}
