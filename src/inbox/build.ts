import type { AuditService } from '../audit/service.ts';
import type { UserDirectory } from '../identity/users/directory.ts';
import type { ContactService } from '../people/contacts/service.ts';
import type { LeadService } from '../people/leads/service.ts';
import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createConversationManagement } from './conversations/management.ts';
import { createConversationReferences } from './conversations/references.ts';
import { createConversationRepository } from './conversations/repository.ts';
import { conversationRoutes } from './conversations/routes.ts';
import { createConversationService } from './conversations/service.ts';

/** Stored conversations, which leads ask before they are deleted: built before people. */
export function buildConversationStore(mongo: MongoConnection) {
  const repository = createConversationRepository(mongo);
  return { repository, references: createConversationReferences(repository) };
}

interface InboxDeps {
  readonly store: ReturnType<typeof buildConversationStore>;
  readonly contacts: ContactService;
  readonly leads: LeadService;
  readonly audit: AuditService;
  readonly clock: Clock;
}

/** What agents work in. */
export function buildInbox({ store, contacts, leads, audit, clock }: InboxDeps) {
  const { repository } = store;
  return {
    conversations: createConversationService({ conversations: repository, leads, clock }),
    countLiveOn: repository.countLiveOn,

    routes({ users }: { users: UserDirectory }) {
      const management = createConversationManagement({
        conversations: repository,
        contacts,
        users,
        audit,
        clock,
      });
      return conversationRoutes({ conversations: management });
    },
  };
}
