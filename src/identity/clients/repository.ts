import type { ClientSession, Connection, mongo, Types } from 'mongoose';
import { type ListOrder, readRanges } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openPlatformCollection } from '../../platform/platform-collection.ts';
import { type ClientDoc, clientModel } from './model.ts';

export type { ClientDoc } from './model.ts';

export type ClientRepository = ReturnType<typeof createClientRepository>;

export function createClientRepository(connection: Connection) {
  const clients = openPlatformCollection(clientModel, connection);
  return {
    async insert(scope: ClientScope, client: Omit<ClientDoc, '_id'>, session: ClientSession): Promise<void> {
      await clients.insertOne({ ...client, _id: scope.clientId }, { session });
    },

    /** The client of the scope. */
    find: (scope: ClientScope, session?: ClientSession): Promise<ClientDoc | null> =>
      clients.findOne({ _id: scope.clientId }, session === undefined ? {} : { session }),

    /** The ids of those that are active. */
    async findActiveAcrossClients(ids: readonly Types.ObjectId[]): Promise<Types.ObjectId[]> {
      const filter = { _id: { $in: [...ids] }, isActive: true };
      const found = await clients.find(filter, { projection: { _id: 1 } }).toArray();
      return found.map(({ _id }) => _id);
    },

    /** All clients of the platform, for operators. */
    listAcrossClients: (order: ListOrder<ClientDoc>, limit: number): Promise<ClientDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        clients
          .find(range as mongo.Filter<ClientDoc>)
          .sort({ ...order.sort })
          .limit(atMost)
          .toArray(),
      ),

    /** Replaces `current` with `next`; false if the client has changed since it was read. */
    async replace(
      scope: ClientScope,
      current: ClientDoc,
      next: ClientDoc,
      session: ClientSession,
    ): Promise<boolean> {
      const { _id, ...replacement } = next;
      const filter = { _id: scope.clientId, version: current.version };
      const { matchedCount } = await clients.replaceOne(filter, replacement, { session });
      return matchedCount === 1;
    },

    async countAdminChange(scope: ClientScope, session: ClientSession): Promise<void> {
      await clients.updateOne({ _id: scope.clientId }, { $inc: { adminChanges: 1 } }, { session });
    },
  };
}
