import type { AuditService } from '../audit/service.ts';
import type { ClientDirectory } from '../identity/clients/directory.ts';
import type { UserDirectory } from '../identity/users/directory.ts';
import type { Clock } from '../platform/clock.ts';
import { notFound } from '../platform/errors.ts';
import { createLoops, once } from '../platform/loop.ts';
import type { ClientScope, MongoConnection } from '../platform/mongo.ts';
import { createTransactions } from '../platform/transaction.ts';
import { createContactUseCases, type ContactPorts, type ContactUseCases } from './contacts/use-cases.ts';
import { createSuspectNumbers, type SuspectNumberDeps } from './contacts/numbers.ts';
import { contactRoutes } from './contacts/routes.ts';
import {
  createContactDirectory,
  type ContactDependents,
  type ContactDirectory,
} from './contacts/directory.ts';
import { createOptOutMemory } from './contacts/memory/memory.ts';
import { createOptOutMemoryRepository } from './contacts/memory/repository.ts';
import { createPhoneBook } from './contacts/phone-book.ts';
import { createContactRepository } from './contacts/store/repository.ts';
import { createSuspectRepository } from './contacts/store/suspects.ts';
import { createContactDependents } from './leads/contact-dependents.ts';
import type { LeadConversations } from './leads/conversations.ts';
import { createLeadUseCases } from './leads/use-cases.ts';
import { createLeadRepository } from './leads/repository.ts';
import { createCheckFields, createReadFilters } from './custom-fields/checks.ts';
import { createCustomFieldRepository, type CustomFieldRepository } from './custom-fields/repository.ts';
import { customFieldRoutes } from './custom-fields/routes.ts';
import { createCustomFieldUseCases, type FieldUsers } from './custom-fields/use-cases.ts';
import { createImportRepository } from './imports/repository.ts';
import { createImportRowRepository } from './imports/stored-rows/repository.ts';
import { leadRoutes } from './leads/routes.ts';
import { createLeadDirectory } from './leads/directory.ts';
import { peopleLoops } from './loops.ts';
import { createSegmentFilters } from './segments/filters.ts';
import { createSegmentMembers, type SegmentMemberDeps, type SegmentThreads } from './segments/members.ts';
import { createSegmentPreview } from './segments/preview.ts';
import { createSegmentRepository } from './segments/repository.ts';
import { segmentRoutes } from './segments/routes.ts';
import { createSegmentUseCases } from './segments/use-cases.ts';

interface PeopleDeps {
  readonly mongo: MongoConnection;
  readonly audit: AuditService;
  /** Finds the conversations that prevent a deletion, and what segments ask of conversations. */
  readonly conversations: LeadConversations & SegmentThreads;
  readonly addressStops: Pick<
    ContactDependents,
    'consentMoved' | 'identitiesNamed' | 'identityChanged' | 'messageAnswered'
  >;
  readonly stopInherited: ContactDependents['stopInherited'];
  readonly clock: Clock;
}

interface PeopleRouteDeps {
  readonly users: Pick<UserDirectory, 'findById'>;
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly contactUseCases: ContactUseCases;
}

/** Contacts and their leads. */
export function buildPeople({ mongo, audit, conversations, addressStops, stopInherited, clock }: PeopleDeps) {
  const runInTransaction = createTransactions(mongo);
  const leadRepository = createLeadRepository(mongo);
  const contactRepository = createContactRepository(mongo);
  const dependents = createContactDependents({
    leads: leadRepository,
    conversations,
    audit,
    addressStops,
    stopInherited,
    clock,
  });
  const memory = createOptOutMemory(createOptOutMemoryRepository(mongo), { stopInherited, clock });
  const contacts = createContactDirectory({ contacts: contactRepository, memory, dependents, audit, clock });
  const phoneBook = createPhoneBook({
    contacts: contactRepository,
    directory: contacts,
    memory,
    dependents,
    audit,
    clock,
  });
  const leads = createLeadDirectory({
    leads: leadRepository,
    contacts,
    runInTransaction,
    events: audit.events,
    clock,
  });
  const fields = createCustomFieldRepository(mongo);
  const imports = createImportRepository(mongo);
  const importRows = createImportRowRepository(mongo);
  return {
    contacts,
    leads,
    phoneBook,
    /** For imports. */
    ...{ fields, imports, importRows },

    /** The actions of users on contacts, also for imports. */
    contactUseCases: ({ erasePerson, eraseFiles, onOptOut, onBlocked }: ContactPorts) =>
      createContactUseCases({
        checkFields: createCheckFields({ fields, clock }),
        contacts: contactRepository,
        async eraseRows(scope, keys, session) {
          const ids = await importRows.erasePerson(scope, keys, session);
          if (ids.length > 0) await imports.eraseSamples(scope, ids, session);
        },
        ...{ memory, dependents, audit, clock, erasePerson, eraseFiles, onOptOut, onBlocked },
      }),

    /** Only the API process has users, and so these routes. */
    routes({ users, clients, contactUseCases }: PeopleRouteDeps) {
      const leadUseCases = createLeadUseCases({
        leads: leadRepository,
        contacts: contactUseCases,
        conversations,
        users,
        audit,
        clock,
      });
      const { customFields, segments } = createFieldsAndSegments({
        ...{ mongo, audit, fields, clients, contacts, leads, threads: conversations, clock },
        contactsWith: contactRepository.findIdsWithField,
      });
      const tables = {
        contacts: contactRoutes({ contacts: contactUseCases, readFilters: createReadFilters({ fields }) }),
        customFields: customFieldRoutes({ customFields }),
        leads: leadRoutes({ leads: leadUseCases }),
        segments: segmentRoutes({ segments }),
      };
      return Object.values(tables).flat();
    },
  };
}

interface FieldAndSegmentDeps extends Pick<PeopleDeps, 'mongo' | 'audit' | 'clock'>, SegmentMemberDeps {
  readonly contacts: ContactDirectory;
  readonly fields: CustomFieldRepository;
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly contactsWith: FieldUsers['contactsWith'];
}

/** Segments ask for custom fields, and keep them from being deleted. */
function createFieldsAndSegments(deps: FieldAndSegmentDeps) {
  const { mongo, audit, clock, fields, clients, contacts, contactsWith } = deps;
  const preview = createSegmentPreview({ contacts, members: createSegmentMembers(deps) });
  const segments = createSegmentRepository(mongo);
  return {
    customFields: createCustomFieldUseCases({
      ...{ fields, audit, clock },
      users: { contactsWith, segmentsWith: segments.findByField },
    }),
    segments: createSegmentUseCases({
      ...{ segments, preview, audit, clock },
      filters: createSegmentFilters({ customFields: fields }),
      zoneOf: createZoneOf(clients),
    }),
  };
}

const createZoneOf =
  (clients: Pick<ClientDirectory, 'find'>) =>
  async (scope: ClientScope): Promise<string> => {
    const client = await clients.find(scope);
    if (client === null) throw notFound('client');
    return client.timezone;
  };

interface NumberDeps {
  readonly mongo: MongoConnection;
  readonly hasReached: SuspectNumberDeps['hasReached'];
  readonly clock: Clock;
}

/** Marks the numbers of contacts that the provider cannot deliver to. */
export function buildNumbers({ mongo, hasReached, clock }: NumberDeps) {
  const numbers = createSuspectNumbers({ suspects: createSuspectRepository(mongo), hasReached, clock });
  return {
    numbers,
    loops: createLoops(peopleLoops, { 'suspect-numbers': once(() => numbers.reviewDue()) }),
  };
}
