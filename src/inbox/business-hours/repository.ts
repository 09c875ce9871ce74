import type { ClientSession, Connection, Types } from 'mongoose';
import { readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { businessHoursModel, type BusinessHoursDoc } from './model.ts';

export type { BusinessHoursDoc } from './model.ts';

export type BusinessHoursRepository = ReturnType<typeof createBusinessHoursRepository>;

export function createBusinessHoursRepository(connection: Connection) {
  const hours = openTenantCollection(businessHoursModel, connection);
  return {
    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<BusinessHoursDoc | null> => hours.findOne(scope, { _id }, { session }),

    findByNameKey: (scope: ClientScope, nameKey: string): Promise<BusinessHoursDoc | null> =>
      hours.findOne(scope, { nameKey }),

    list: (
      scope: ClientScope,
      order: ListOrder<BusinessHoursDoc>,
      limit: number,
    ): Promise<BusinessHoursDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        hours.find(scope, range as ScopedFilter<BusinessHoursDoc>, { sort: order.sort, limit: atMost }),
      ),

    /** Throws the duplicate key error if the name is taken. */
    insert: (scope: ClientScope, fresh: BusinessHoursDoc, session: ClientSession): Promise<void> =>
      hours.insertOne(scope, fresh, { session }),

    /** As `insert`; false if the hours have changed since they were read. */
    replace: (
      scope: ClientScope,
      current: BusinessHoursDoc,
      next: BusinessHoursDoc,
      session: ClientSession,
    ): Promise<boolean> => hours.replaceVersioned(scope, current, next, session),

    /** False if there are no such hours. */
    async hold(scope: ClientScope, _id: Types.ObjectId, session: ClientSession): Promise<boolean> {
      const { matchedCount } = await hours.updateOne(scope, { _id }, { $inc: { holds: 1 } }, { session });
      return matchedCount === 1;
    },

    remove: (
      scope: ClientScope,
      { _id, version }: BusinessHoursDoc,
      session: ClientSession,
    ): Promise<boolean> => hours.deleteOne(scope, { _id, version }, { session }),
  };
}
