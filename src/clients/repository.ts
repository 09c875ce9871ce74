import type { ClientSession, Connection } from 'mongoose';
import type { ClientScope } from '../platform/mongo.ts';
import { type ClientDoc, clientModel } from './model.ts';

export type { ClientDoc } from './model.ts';

export type ClientRepository = ReturnType<typeof createClientRepository>;

export function createClientRepository(connection: Connection) {
  const clients = clientModel(connection);
  return {
    async insert(scope: ClientScope, client: Omit<ClientDoc, '_id'>, session: ClientSession): Promise<void> {
      await clients.create([{ ...client, _id: scope.clientId }], { session });
    },

    /** The client of the scope itself. */
    find: (scope: ClientScope): Promise<ClientDoc | null> =>
      clients.findOne({ _id: scope.clientId }).lean<ClientDoc>().exec(),
  };
}
