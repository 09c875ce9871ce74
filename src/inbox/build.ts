import type { AuditService } from '../audit/service.ts';
import type { UserDirectory } from '../identity/users/directory.ts';
import type { ContactDirectory } from '../people/contacts/directory.ts';
import type { LeadDirectory } from '../people/leads/directory.ts';
import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createBusinessHoursRepository } from './business-hours/repository.ts';
import { businessHoursRoutes } from './business-hours/routes.ts';
import { createBusinessHoursUseCases } from './business-hours/use-cases.ts';
import { createConversationUseCases } from './conversations/use-cases.ts';
import { createConversationReferences } from './conversations/references.ts';
import { createConversationRepository } from './conversations/repository.ts';
import { conversationRoutes } from './conversations/routes.ts';
import { createConversationThreads } from './conversations/threads.ts';

/** The store of conversations. Built before people, whose deletions depend on it. */
export function buildConversationStore(mongo: MongoConnection) {
  const repository = createConversationRepository(mongo);
  return { repository, references: createConversationReferences(repository) };
}

interface InboxDeps {
  readonly mongo: MongoConnection;
  readonly store: ReturnType<typeof buildConversationStore>;
  readonly contacts: ContactDirectory;
  readonly leads: LeadDirectory;
  readonly audit: AuditService;
  readonly clock: Clock;
}

/** The inbox that agents work in. */
export function buildInbox({ mongo, store, contacts, leads, audit, clock }: InboxDeps) {
  const { repository } = store;
  const hours = createBusinessHoursRepository(mongo);
  return {
    conversations: createConversationThreads({ conversations: repository, leads, clock }),
    countLiveOn: repository.countLiveOn,

    routes({ users }: { users: UserDirectory }) {
      const useCases = createConversationUseCases({
        conversations: repository,
        contacts,
        users,
        audit,
        clock,
      });
      const tables = {
        conversations: conversationRoutes({ conversations: useCases }),
        businessHours: businessHoursRoutes({ hours: createBusinessHoursUseCases({ hours, audit, clock }) }),
      };
      return Object.values(tables).flat();
    },
  };
}
