import type { ClientSession } from 'mongoose';
import { createResource } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ClientDoc, ClientRepository } from './repository.ts';

export type { ClientDoc } from './repository.ts';

export type NewClient = Pick<ClientDoc, 'companyName' | 'timezone' | 'createdAt'> &
  Partial<Pick<ClientDoc, 'whatsappNumber' | 'businessCategory'>>;

const auditedFieldsOf = (client: ClientDoc) => ({
  companyName: client.companyName,
  whatsappNumber: client.whatsappNumber,
  businessCategory: client.businessCategory,
  timezone: client.timezone,
  isActive: client.isActive,
});

/** Adds the initial data of a new client, inside the transaction that creates it, which may restart. */
export type OnClientCreated = (scope: ClientScope, session: ClientSession) => Promise<void>;

export type ClientDirectory = ReturnType<typeof createClientDirectory>;

export interface ClientDirectoryDeps {
  readonly clients: ClientRepository;
  readonly audit: AuditService;
}

/** Clients for other nouns. The actions of admins and operators on clients are in `use-cases.ts`. */
export function createClientDirectory({ clients, audit }: ClientDirectoryDeps) {
  const resource = createResource<ClientDoc>(audit, {
    type: 'client',
    find: (scope, _id, session) => clients.find(scope, session),
    insert: clients.insert,
    replace: clients.replace,
    auditedFieldsOf,
  });
  return {
    resource,

    /** Creates the client of the scope as active, inside the caller's transaction. */
    create: (
      scope: ClientScope,
      by: AuditActor,
      client: NewClient,
      session: ClientSession,
    ): Promise<ClientDoc> =>
      resource
        .within(session)
        .create(scope, by, { ...client, _id: scope.clientId, isActive: true, version: 1 }),

    find: (scope: ClientScope, session?: ClientSession): Promise<ClientDoc | null> =>
      clients.find(scope, session),

    /** Serialises the transactions of a client that may remove an admin. */
    lockAdmins: (scope: ClientScope, session: ClientSession): Promise<void> =>
      clients.countAdminChange(scope, session),
  };
}
