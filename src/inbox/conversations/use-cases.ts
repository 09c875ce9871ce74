import type { Types } from 'mongoose';
import { createResource, type ResourceRef } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import type { ContactDoc, ContactDirectory } from '../../people/contacts/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { toPage, type Cursor, type Page } from '../../platform/pagination.ts';
import type { UserDirectory } from '../../identity/users/directory.ts';
import { applyDecision, type ConversationDecision } from './decisions.ts';
import type {
  ConversationDoc,
  ConversationFilter,
  ConversationRecord,
  ConversationRepository,
  ConversationStatus,
} from './repository.ts';

export type { ConversationDoc, ConversationFilter, ConversationRecord } from './repository.ts';

/** A person at work on conversations. */
export type Person = Extract<AuditActor, { userId: Types.ObjectId }>;

/** A conversation with the person it is with; null when that contact was deleted. */
export interface WithContact<C extends ConversationDoc> {
  readonly conversation: C;
  readonly contact: ContactDoc | null;
}

export interface ConversationUseCaseDeps {
  readonly conversations: ConversationRepository;
  readonly contacts: ContactDirectory;
  readonly users: UserDirectory;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type ConversationUseCases = ReturnType<typeof createConversationUseCases>;

/** What people do with conversations: find, assign and close them. Messages go through the service. */
export function createConversationUseCases(deps: ConversationUseCaseDeps) {
  const { conversations, contacts } = deps;
  const resource = createConversationResource(deps);

  const decideAs = (by: Person, decision: ConversationDecision) => (current: ConversationRecord) =>
    applyDecision(current, decision, { at: deps.clock.now(), by: by.userId });

  const withContact = async (
    scope: ClientScope,
    conversation: ConversationRecord,
  ): Promise<WithContact<ConversationRecord>> => ({
    conversation,
    contact: await contacts.findById(scope, conversation.contactId),
  });

  return {
    get: async (scope: ClientScope, id: Types.ObjectId): Promise<WithContact<ConversationRecord>> =>
      withContact(scope, await resource.require(scope, { id, version: undefined })),

    /** Latest message first. The contacts of the page are read in one query. */
    async list(
      scope: ClientScope,
      filter: ConversationFilter,
      { limit, after }: { limit: number; after: Cursor<Date> | null },
    ): Promise<Page<WithContact<ConversationDoc>>> {
      const found = await conversations.list(scope, filter, { limit: limit + 1, after });
      const page = toPage(found, limit, ({ lastMessageAt, _id }) => ({ key: lastMessageAt, id: _id }));
      const people = await contacts.findMany(
        scope,
        page.items.map(({ contactId }) => contactId),
      );
      const byId = new Map(people.map((contact) => [contact._id.toHexString(), contact]));
      const items = page.items.map((conversation) => ({
        conversation,
        contact: byId.get(conversation.contactId.toHexString()) ?? null,
      }));
      return { ...page, items };
    },

    /** Changes the status; throws `wrong-state` when a closed thread has a live successor. */
    async setStatus(
      scope: ClientScope,
      by: Person,
      ref: ResourceRef,
      status: ConversationStatus,
    ): Promise<WithContact<ConversationRecord>> {
      const change = { action: 'conversation.status-changed', decide: decideAs(by, { status }) };
      try {
        return await withContact(scope, await resource.change(scope, by, ref, change));
      } catch (error) {
        throw isDuplicateKey(error) ? await hasSuccessor(deps, scope, ref.id) : error;
      }
    },

    /** Assigns the conversation to an active user of the client; null unassigns it. */
    async assign(
      scope: ClientScope,
      by: Person,
      ref: ResourceRef,
      agentId: Types.ObjectId | null,
    ): Promise<WithContact<ConversationRecord>> {
      await assertAssignable(deps, scope, agentId);
      const decide = decideAs(by, { assignedAgentId: agentId });
      const change = { action: 'conversation.assigned', decide };
      return withContact(scope, await resource.change(scope, by, ref, change));
    },

    /** Marks everything that the contact has written as read. Doing it again changes nothing. */
    markRead: async (
      scope: ClientScope,
      by: Person,
      id: Types.ObjectId,
    ): Promise<WithContact<ConversationRecord>> => withContact(scope, await markRead(deps, scope, by, id)),
  };
}

const createConversationResource = ({ conversations, audit }: ConversationUseCaseDeps) =>
  createResource<ConversationRecord>(audit, {
    type: 'conversation',
    find: conversations.findWithHistory,
    replace: conversations.replace,
    auditedFieldsOf,
  });

async function assertAssignable(
  { users }: ConversationUseCaseDeps,
  scope: ClientScope,
  agentId: Types.ObjectId | null,
): Promise<void> {
  if (agentId === null) return;
  const agent = await users.findById(scope, agentId);
  if (agent === null) throw notFound('user');
  if (agent.status === 'active') return;
  throw new AppError('invalid-input', 'The conversation cannot be assigned to this user.', {
    errors: [{ path: 'body.agentId', message: 'This user is not active.' }],
  });
}

/** Not a decision, so it makes no new version; audited when something was unread. */
const markRead = (
  { conversations, audit }: ConversationUseCaseDeps,
  scope: ClientScope,
  by: Person,
  id: Types.ObjectId,
): Promise<ConversationRecord> =>
  audit.audited(scope, by, async (session) => {
    const before = await conversations.markRead(scope, id, session);
    const result = await conversations.findWithHistory(scope, id, session);
    if (result === null) throw notFound('conversation');
    if (before === null) return { result, write: null };
    const write = {
      action: 'conversation.read',
      target: { type: 'conversation', id },
      before: { unreadCount: before.unreadCount },
      after: { unreadCount: 0 },
    };
    return { result, write };
  });

const auditedFieldsOf = ({ status, assignedAgentId, version }: ConversationRecord) => ({
  status,
  assignedAgentId: assignedAgentId ?? null,
  version,
});

/** Why a closed thread cannot be opened: there is one live thread of a contact on a channel, and it is another. */
async function hasSuccessor(
  { conversations }: ConversationUseCaseDeps,
  scope: ClientScope,
  id: Types.ObjectId,
): Promise<AppError> {
  const closed = await conversations.findById(scope, id);
  const live =
    closed === null
      ? null
      : await conversations.findLive(scope, { channelId: closed.channelId, contactId: closed.contactId });
  const which = live === null ? 'has just been closed: try again' : `is ${live._id.toHexString()}`;
  return new AppError(
    'wrong-state',
    `The contact has another conversation on this channel that is not closed; it ${which}.`,
  );
}
