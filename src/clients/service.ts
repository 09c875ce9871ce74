import type { ClientSession } from 'mongoose';
import type { ClientScope } from '../platform/mongo.ts';
import type { ClientDoc, ClientRepository } from './repository.ts';

export type { ClientDoc } from './repository.ts';

export type NewClient = Pick<ClientDoc, 'companyName' | 'timezone' | 'createdAt'>;

export type ClientService = ReturnType<typeof createClientService>;

export function createClientService({ clients }: { clients: ClientRepository }) {
  return {
    /** Makes the client of the scope, active, inside the caller's transaction. */
    async create(scope: ClientScope, client: NewClient, session: ClientSession): Promise<ClientDoc> {
      const created = { ...client, isActive: true };
      await clients.insert(scope, created, session);
      return { ...created, _id: scope.clientId };
    },

    find: (scope: ClientScope): Promise<ClientDoc | null> => clients.find(scope),
  };
}
