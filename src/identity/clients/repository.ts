import type { ClientSession, Connection, mongo } from 'mongoose';
import { type ListOrder, readRanges } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openPlatformCollection } from '../../platform/platform-collection.ts';
import { type Change, versionedUpdate } from '../../platform/update.ts';
import { type ClientDoc, clientModel } from './model.ts';

export type { ClientDoc } from './model.ts';

/** What people can change of a client. */
export type ClientChange = Change<
  ClientDoc,
  'companyName' | 'whatsappNumber' | 'businessCategory' | 'timezone' | 'isActive'
>;

export type ClientRepository = ReturnType<typeof createClientRepository>;

export function createClientRepository(connection: Connection) {
  const clients = openPlatformCollection(clientModel, connection);
  return {
    async insert(scope: ClientScope, client: Omit<ClientDoc, '_id'>, session: ClientSession): Promise<void> {
      await clients.insertOne({ ...client, _id: scope.clientId }, { session });
    },

    /** The client of the scope itself. */
    find: (scope: ClientScope, session?: ClientSession): Promise<ClientDoc | null> =>
      clients.findOne({ _id: scope.clientId }, session === undefined ? {} : { session }),

    /** All clients of the platform, for its operators. */
    listAcrossClients: (order: ListOrder<ClientDoc>, limit: number): Promise<ClientDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        clients
          .find(range as mongo.Filter<ClientDoc>)
          .sort({ ...order.sort })
          .limit(atMost)
          .toArray(),
      ),

    /** Changes what `current` was; null when somebody was faster. */
    update: (
      scope: ClientScope,
      current: ClientDoc,
      change: ClientChange,
      session: ClientSession,
    ): Promise<ClientDoc | null> =>
      clients.findOneAndUpdate({ _id: scope.clientId, version: current.version }, versionedUpdate(change), {
        returnDocument: 'after',
        session,
      }),

    async countAdminChange(scope: ClientScope, session: ClientSession): Promise<void> {
      await clients.updateOne({ _id: scope.clientId }, { $inc: { adminChanges: 1 } }, { session });
    },
  };
}
