import { createAuditRepository } from '../audit/repository.ts';
import { createAuditService } from '../audit/service.ts';
import { createContactManagement, type ContactManagementDeps } from '../people/contacts/management.ts';
import { createContactRepository } from '../people/contacts/store/repository.ts';
import { createSuspectNumbers } from '../people/contacts/numbers.ts';
import { createSuspectRepository } from '../people/contacts/store/suspects.ts';
import { contactRoutes } from '../people/contacts/routes.ts';
import { createContactService } from '../people/contacts/service.ts';
import { createConversationReferences } from '../inbox/conversations/references.ts';
import { createConversationRepository } from '../inbox/conversations/repository.ts';
import { createConversationService, type ConversationService } from '../inbox/conversations/service.ts';
import { createContactDependents } from '../people/leads/contact-dependents.ts';
import { createLeadManagement } from '../people/leads/management.ts';
import { createLeadRepository } from '../people/leads/repository.ts';
import { leadRoutes } from '../people/leads/routes.ts';
import { createLeadService } from '../people/leads/service.ts';
import type { MessageRepository } from '../sending/messages/store/repository.ts';
import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createTransactions } from '../platform/transaction.ts';
import type { UserService } from '../identity/users/service.ts';

interface PeopleRouteDeps {
  readonly users: Pick<UserService, 'findById'>;
  readonly onOptOut: ContactManagementDeps['onOptOut'];
}

/** Contacts, their leads and their conversations, which hold on to each other. */
export function buildPeople({ mongo, clock }: { mongo: MongoConnection; clock: Clock }) {
  const runInTransaction = createTransactions(mongo);
  const audit = createAuditService({ events: createAuditRepository(mongo), runInTransaction, clock });
  const conversationRepository = createConversationRepository(mongo);
  const conversationReferences = createConversationReferences(conversationRepository);
  const leadRepository = createLeadRepository(mongo);
  const contactDeps = {
    contacts: createContactRepository(mongo),
    dependents: createContactDependents({
      leads: leadRepository,
      conversations: conversationReferences,
      audit,
      clock,
    }),
    audit,
    clock,
  };
  const contacts = createContactService(contactDeps);
  const leads = createLeadService({ leads: leadRepository, contacts, runInTransaction, clock });
  const conversations = createConversationService({ conversations: conversationRepository, leads, clock });

  /** The routes of people at work; only the API has users. */
  function peopleRoutes({ users, onOptOut }: PeopleRouteDeps) {
    const contactManagement = createContactManagement({ ...contactDeps, onOptOut });
    const leadManagement = createLeadManagement({
      leads: leadRepository,
      contacts: contactManagement,
      conversations: conversationReferences,
      users,
      audit,
      clock,
    });
    return [...contactRoutes({ contacts: contactManagement }), ...leadRoutes({ leads: leadManagement })];
  }

  return { audit, contacts, leads, conversations, peopleRoutes };
}

interface NumberParts {
  readonly mongo: MongoConnection;
  readonly conversations: Pick<ConversationService, 'idsOfContact'>;
  readonly messages: Pick<MessageRepository, 'hasReached'>;
  readonly clock: Clock;
}

/** Which numbers of contacts do not work, by what became of the messages to them. */
export const buildNumbers = ({ mongo, conversations, messages, clock }: NumberParts) =>
  createSuspectNumbers({
    suspects: createSuspectRepository(mongo),
    async hasReached(scope, { contactId, ...number }) {
      const threads = await conversations.idsOfContact(scope, contactId);
      return messages.hasReached(scope, threads, number);
    },
    clock,
  });
