import type { ClientSession } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ClientDoc, ClientRepository } from './repository.ts';

export type { ClientDoc } from './repository.ts';

export type NewClient = Pick<ClientDoc, 'companyName' | 'timezone' | 'createdAt'> &
  Partial<Pick<ClientDoc, 'whatsappNumber' | 'businessCategory'>>;

/** What an audit event says of a client. */
export const auditedClientFields = (client: ClientDoc) => ({
  companyName: client.companyName,
  whatsappNumber: client.whatsappNumber,
  businessCategory: client.businessCategory,
  timezone: client.timezone,
  isActive: client.isActive,
});

/** Adds what every new client starts with, inside the transaction that creates it. It may run more than once. */
export type OnClientCreated = (scope: ClientScope, session: ClientSession) => Promise<void>;

export type ClientService = ReturnType<typeof createClientService>;

export function createClientService({ clients }: { clients: ClientRepository }) {
  return {
    /** Makes the client of the scope, active, inside the caller's transaction. */
    async create(scope: ClientScope, client: NewClient, session: ClientSession): Promise<ClientDoc> {
      const created = { ...client, isActive: true, version: 1 };
      await clients.insert(scope, created, session);
      return { ...created, _id: scope.clientId };
    },

    find: (scope: ClientScope, session?: ClientSession): Promise<ClientDoc | null> =>
      clients.find(scope, session),

    /** Makes every transaction that may take an admin away wait for the others of the same client. */
    lockAdmins: (scope: ClientScope, session: ClientSession): Promise<void> =>
      clients.countAdminChange(scope, session),
  };
}
