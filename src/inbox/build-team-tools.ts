import type { AuditService } from '../audit/service.ts';
import type { ClientDirectory } from '../identity/clients/directory.ts';
import type { UserDirectory } from '../identity/users/directory.ts';
import type { ContactDirectory } from '../people/contacts/directory.ts';
import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { Timers } from '../timers/timers.ts';
import { createRenderCannedReply } from './canned-replies/rendering.ts';
import { createCannedReplyRepository } from './canned-replies/repository.ts';
import { createCannedReplyUseCases } from './canned-replies/use-cases.ts';
import { createContactsOfConversations } from './conversations/contacts.ts';
import { createLabelClearing } from './conversations/label-clearing.ts';
import type { ConversationRepository } from './conversations/repository.ts';
import { createHoldLabels } from './labels/holder.ts';
import { createLabelRepository } from './labels/repository.ts';
import { createLabelUseCases } from './labels/use-cases.ts';
import { createNoteRepository } from './notes/repository.ts';
import { createNoteUseCases } from './notes/use-cases.ts';
import { createMentionNotices } from './notifications/mentions.ts';
import { createNotificationRepository } from './notifications/repository.ts';
import { createNotificationUseCases } from './notifications/use-cases.ts';

interface TeamToolDeps {
  readonly mongo: MongoConnection;
  readonly conversations: ConversationRepository;
  readonly contacts: Pick<ContactDirectory, 'findById' | 'findMany'>;
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly timers: Pick<Timers, 'arm'>;
  readonly audit: AuditService;
  readonly clock: Clock;
}

/** Notes, labels and canned replies: what agents have beside the messages. */
export function buildTeamTools(deps: TeamToolDeps) {
  const { mongo, conversations, contacts, clients, timers, audit, clock } = deps;
  const labels = createLabelRepository(mongo);
  const { runInTransaction } = audit;
  const clearing = createLabelClearing({ conversations, timers, runInTransaction, clock });
  const { clearLater } = clearing;
  return {
    holdLabels: createHoldLabels(labels),
    findLabels: labels.findExisting,
    timerHandlers: clearing.handlers,

    useCases({ users }: { readonly users: UserDirectory }) {
      const notifications = createNotificationRepository(mongo);
      const notices = createMentionNotices({ notifications, events: audit.events });
      const notes = createNoteRepository(mongo);
      const replies = createCannedReplyUseCases({
        replies: createCannedReplyRepository(mongo),
        audit,
        clock,
      });
      return {
        notes: createNoteUseCases({
          ...{ notes, conversations, users, notices, audit, clock },
          contactsOf: createContactsOfConversations({ conversations, contacts }),
        }),
        notifications: createNotificationUseCases({ notifications, audit, clock }),
        labels: createLabelUseCases({ labels, clearLater, audit, clock }),
        replies,
        render: createRenderCannedReply({ replies, conversations, contacts, users, clients }),
      };
    },
  };
}
