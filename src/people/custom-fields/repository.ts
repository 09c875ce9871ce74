import type { ClientSession, Connection, Types } from 'mongoose';
import { readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { customFieldModel, type CustomFieldDoc } from './model.ts';

export type { CustomFieldDoc } from './model.ts';

export type CustomFieldRepository = ReturnType<typeof createCustomFieldRepository>;

export function createCustomFieldRepository(connection: Connection) {
  const fields = openTenantCollection(customFieldModel, connection);
  return {
    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<CustomFieldDoc | null> => fields.findOne(scope, { _id }, { session }),

    /** All of a client, at most `maxFields`. */
    findAll: (scope: ClientScope, session?: ClientSession): Promise<CustomFieldDoc[]> =>
      fields.find(scope, {}, { sort: { order: 1, _id: 1 }, session }),

    findByKey: (scope: ClientScope, key: string): Promise<CustomFieldDoc | null> =>
      fields.findOne(scope, { key }),

    list: (scope: ClientScope, order: ListOrder<CustomFieldDoc>, limit: number): Promise<CustomFieldDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        fields.find(scope, range as ScopedFilter<CustomFieldDoc>, { sort: order.sort, limit: atMost }),
      ),

    /** Throws the duplicate key error if the key or the slot is taken. */
    insert: (scope: ClientScope, fresh: CustomFieldDoc, session: ClientSession): Promise<void> =>
      fields.insertOne(scope, fresh, { session }),

    /** False if the definition has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: CustomFieldDoc,
      next: CustomFieldDoc,
      session: ClientSession,
    ): Promise<boolean> => fields.replaceVersioned(scope, current, next, session),

    remove: (
      scope: ClientScope,
      { _id, version }: CustomFieldDoc,
      session: ClientSession,
    ): Promise<boolean> => fields.deleteOne(scope, { _id, version }, { session }),

    /** Records that contacts may have values of these; not a change that admins see, so the version stays. */
    async markUsed(
      scope: ClientScope,
      ids: readonly Types.ObjectId[],
      { usedAt, session }: { readonly usedAt: Date; readonly session: ClientSession },
    ): Promise<void> {
      await fields.updateMany(scope, { _id: { $in: [...ids] } }, { $set: { usedAt } }, { session });
    },

    /** Writes to the definitions, so that the transaction conflicts with their deletion. */
    async hold(scope: ClientScope, keys: readonly string[], session: ClientSession): Promise<void> {
      await fields.updateMany(scope, { key: { $in: [...keys] } }, { $inc: { holds: 1 } }, { session });
    },
  };
}
