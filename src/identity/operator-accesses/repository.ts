import type { ClientSession, Connection, Types } from 'mongoose';
import { type ListOrder, readRanges } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { Unscoped } from '../../platform/tenant-queries.ts';
import { type OperatorAccessDoc, operatorAccessModel } from './model.ts';

export type { OperatorAccessDoc } from './model.ts';

export type OperatorAccessRepository = ReturnType<typeof createOperatorAccessRepository>;

export function createOperatorAccessRepository(connection: Connection) {
  const accesses = openTenantCollection(operatorAccessModel, connection);
  return {
    async insert(scope: ClientScope, access: Unscoped<OperatorAccessDoc>, session: ClientSession) {
      await accesses.insertOne(scope, access, { session });
    },

    find: (scope: ClientScope, _id: Types.ObjectId): Promise<OperatorAccessDoc | null> =>
      accesses.findOne(scope, { _id }),

    /** Across all tenants: a token does not name the tenant. */
    findByTokenHashAcrossClients: (tokenHash: string): Promise<OperatorAccessDoc | null> =>
      accesses.acrossClients.findOne({ tokenHash }),

    list: (
      scope: ClientScope,
      order: ListOrder<OperatorAccessDoc>,
      limit: number,
    ): Promise<OperatorAccessDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        accesses.find(scope, range, { sort: { ...order.sort }, limit: atMost }),
      ),

    /** False if it has ended already, or does not exist. */
    async end(
      scope: ClientScope,
      _id: Types.ObjectId,
      endedAt: Date,
      session: ClientSession,
    ): Promise<boolean> {
      const filter = { _id, endedAt: null, expiresAt: { $gt: endedAt } };
      const ended = await accesses.updateOne(scope, filter, { $set: { endedAt } }, { session });
      return ended.modifiedCount === 1;
    },
  };
}
