import type { AuditService } from '../audit/service.ts';
import type { ClientDirectory } from '../identity/clients/directory.ts';
import type { UserDirectory } from '../identity/users/directory.ts';
import type { Clock } from '../platform/clock.ts';
import { notFound } from '../platform/errors.ts';
import { createLoops, once } from '../platform/loop.ts';
import type { ClientScope, MongoConnection } from '../platform/mongo.ts';
import { createTransactions } from '../platform/transaction.ts';
import type { Timers } from '../timers/timers.ts';
import {
  createContactUseCases,
  type ContactPorts,
  type ContactUseCaseDeps,
  type ContactUseCases,
} from './contacts/use-cases.ts';
import { createBulkContactChange } from './contacts/bulk/bulk.ts';
import { bulkContactRoutes } from './contacts/bulk/routes.ts';
import { contactGroupRoutes } from './contact-sets/groups/routes.ts';
import { tagRoutes } from './contact-sets/tags/routes.ts';
import { buildSets, type Sets } from './build-sets.ts';
import { createSuspectNumbers, type SuspectNumberDeps } from './contacts/numbers.ts';
import { contactRoutes } from './contacts/routes.ts';
import { createReadShown, type ReadShown, type ShownDeps } from './contacts/shown.ts';
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
import { createImportRepository, type ImportRepository } from './imports/repository.ts';
import { createImportRowRepository, type ImportRowRepository } from './imports/stored-rows/repository.ts';
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
  readonly timers: Pick<Timers, 'arm'>;
  readonly clock: Clock;
}

interface PeopleRouteDeps {
  readonly users: Pick<UserDirectory, 'findById'>;
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly contactUseCases: ContactUseCases;
}

/** Contacts and their leads. */
export function buildPeople(deps: PeopleDeps) {
  const { mongo, audit, conversations, addressStops, stopInherited, timers, clock } = deps;
  const runInTransaction = createTransactions(mongo);
  const leadRepository = createLeadRepository(mongo);
  const contactRepository = createContactRepository(mongo);
  const sets = buildSets({ mongo, contacts: contactRepository, timers, audit, clock });
  const dependents = createContactDependents({
    ...{ leads: leadRepository, conversations, audit, addressStops, stopInherited, clock },
  });
  const memory = createOptOutMemory(createOptOutMemoryRepository(mongo), { stopInherited, clock });
  const contacts = createContactDirectory({ contacts: contactRepository, memory, dependents, audit, clock });
  const phoneBook = createPhoneBook({
    ...{ contacts: contactRepository, directory: contacts, memory, dependents, audit, clock },
  });
  const leads = createLeadDirectory({
    ...{ leads: leadRepository, contacts, runInTransaction, events: audit.events, clock },
  });
  const fields = createCustomFieldRepository(mongo);
  const imports = createImportRepository(mongo);
  const importRows = createImportRowRepository(mongo);
  return {
    contacts,
    leads,
    phoneBook,
    /** For imports. */
    ...{ fields, imports, importRows, readTagNames: sets.readNames },
    findTagKeys: sets.findTagKeys,
    timerHandlers: sets.timerHandlers,

    /** The actions of users on contacts, also for imports. */
    contactUseCases: ({ erasePerson, eraseFiles, onOptOut, onBlocked }: ContactPorts) =>
      createContactUseCases({
        checkFields: createCheckFields({ fields, clock }),
        sets: { tags: sets.byName, findTags: sets.findTags, findGroups: sets.findGroups },
        contacts: contactRepository,
        eraseRows: createEraseRows(imports, importRows),
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
      const zoneOf = createZoneOf(clients);
      const readShown = createReadShown({ readTagNames: sets.readNames, zoneOf, clock });
      const { customFields, segments, tags, groups } = createFieldsAndSegments({
        ...{ mongo, audit, fields, sets, zoneOf, readShown, contacts, leads, threads: conversations, clock },
        contactsWith: contactRepository.findIdsWithField,
      });
      const tables = {
        contacts: allContactRoutes({ contacts: contactUseCases, fields, sets, readShown }),
        contactGroups: contactGroupRoutes({ groups }),
        customFields: customFieldRoutes({ customFields }),
        leads: leadRoutes({ leads: leadUseCases }),
        segments: segmentRoutes({ segments }),
        tags: tagRoutes({ tags }),
      };
      return Object.values(tables).flat();
    },
  };
}

/** Erases what imports say of a person. */
const createEraseRows =
  (imports: ImportRepository, rows: ImportRowRepository): ContactUseCaseDeps['eraseRows'] =>
  async (scope, keys, session) => {
    const ids = await rows.erasePerson(scope, keys, session);
    if (ids.length > 0) await imports.eraseSamples(scope, ids, session);
  };

interface ContactTableDeps {
  readonly contacts: ContactUseCases;
  readonly fields: CustomFieldRepository;
  readonly sets: Sets;
  readonly readShown: ReadShown;
}

const allContactRoutes = ({ contacts, fields, sets, readShown }: ContactTableDeps) => [
  ...contactRoutes({ contacts, readFilters: createReadFilters({ fields }), readShown }),
  ...bulkContactRoutes({
    changeMany: createBulkContactChange({ contacts, findGroups: sets.findGroups }),
  }),
];

interface FieldAndSegmentDeps extends Pick<PeopleDeps, 'mongo' | 'audit' | 'clock'>, SegmentMemberDeps {
  readonly contacts: ContactDirectory;
  readonly fields: CustomFieldRepository;
  readonly sets: Sets;
  readonly zoneOf: ShownDeps['zoneOf'];
  readonly readShown: ReadShown;
  readonly contactsWith: FieldUsers['contactsWith'];
}

/** Segments ask for custom fields, tags and groups, and keep them from being deleted. */
function createFieldsAndSegments(deps: FieldAndSegmentDeps) {
  const { mongo, audit, clock, fields, sets, zoneOf, readShown, contacts, contactsWith } = deps;
  const preview = createSegmentPreview({ contacts, members: createSegmentMembers(deps) });
  const segments = createSegmentRepository(mongo);
  const { repositories } = sets;
  const { tags, groups } = sets.useCases({ segments });
  return {
    customFields: createCustomFieldUseCases({
      ...{ fields, audit, clock },
      users: {
        contactsWith,
        segmentsWith: (scope, key, query) =>
          segments.findByReference(scope, { kind: 'customFields', name: key }, query),
      },
    }),
    tags,
    groups,
    segments: createSegmentUseCases({
      ...{ segments, preview, zoneOf, readShown, audit, clock },
      filters: createSegmentFilters({
        customFields: fields,
        tags: repositories.tags,
        groups: repositories.groups,
      }),
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
