import type { Types } from 'mongoose';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import type { ContactDoc, ContactService } from '../../people/contacts/service.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { toPage, type Cursor, type Page } from '../../platform/pagination.ts';
import type { UserService } from '../../identity/users/service.ts';
import type {
  ConversationDecision,
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

export interface ConversationManagementDeps {
  readonly conversations: ConversationRepository;
  readonly contacts: ContactService;
  readonly users: UserService;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type ConversationManagement = ReturnType<typeof createConversationManagement>;

/** What people do with conversations: find them, take them, close them. Messages go through the service. */
export function createConversationManagement(deps: ConversationManagementDeps) {
  const { conversations, contacts, users } = deps;

  const withContact = async (
    scope: ClientScope,
    conversation: ConversationRecord,
  ): Promise<WithContact<ConversationRecord>> => ({
    conversation,
    contact: await contacts.findById(scope, conversation.contactId),
  });

  return {
    async get(scope: ClientScope, id: Types.ObjectId): Promise<WithContact<ConversationRecord>> {
      const conversation = await conversations.findWithHistory(scope, id);
      if (conversation === null) throw notFound('conversation');
      return withContact(scope, conversation);
    },

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

    /** Opens, sets aside or closes; throws `wrong-state` when a closed thread has a live successor. */
    async setStatus(
      scope: ClientScope,
      by: Person,
      id: Types.ObjectId,
      { status, version }: { status: ConversationStatus; version: number | undefined },
    ): Promise<WithContact<ConversationRecord>> {
      try {
        return await withContact(scope, await decide(deps, scope, by, { id, version, decision: { status } }));
      } catch (error) {
        throw isDuplicateKey(error) ? await hasSuccessor(deps, scope, id) : error;
      }
    },

    /** Gives the conversation to an active user of the client, or takes it away with null. */
    async assign(
      scope: ClientScope,
      by: Person,
      id: Types.ObjectId,
      { agentId, version }: { agentId: Types.ObjectId | null; version: number | undefined },
    ): Promise<WithContact<ConversationRecord>> {
      const agent = agentId === null ? undefined : await users.findById(scope, agentId);
      if (agent === null) throw notFound('user');
      if (agent !== undefined && agent.status !== 'active') {
        throw new AppError('invalid-input', 'The conversation cannot be given to this user.', {
          errors: [{ path: 'body.agentId', message: 'This user is not active.' }],
        });
      }
      const decision = { assignedAgentId: agentId };
      return withContact(scope, await decide(deps, scope, by, { id, version, decision }));
    },

    /** Marks everything that the contact has written as read. Doing it again changes nothing. */
    markRead: async (
      scope: ClientScope,
      by: Person,
      id: Types.ObjectId,
    ): Promise<WithContact<ConversationRecord>> => withContact(scope, await markRead(deps, scope, by, id)),
  };
}

interface Decide {
  readonly id: Types.ObjectId;
  /** The version on which the decision is based; undefined decides over whatever is there. */
  readonly version: number | undefined;
  readonly decision: ConversationDecision;
}

/** Stores a decision with its history and its audit event. What is so already stays as it is. */
const decide = (
  { conversations, audit, clock }: ConversationManagementDeps,
  scope: ClientScope,
  by: Person,
  { id, version, decision }: Decide,
): Promise<ConversationRecord> =>
  audit.audited(scope, by, async (session) => {
    const current = await conversations.findWithHistory(scope, id, session);
    if (current === null) throw notFound('conversation');
    if (version !== undefined && version !== current.version) throw lostRace();
    const before = fieldsOf(current);
    if (isDecided(current, decision)) return { result: current, write: null };
    const stored = { decision, at: clock.now(), by: by.userId };
    const result = await conversations.decide(scope, current, stored, session);
    if (result === null) throw lostRace();
    const action = 'status' in decision ? 'conversation.status-changed' : 'conversation.assigned';
    const write = { action, target: { type: 'conversation', id }, before, after: fieldsOf(result) };
    return { result, write };
  });

/** No decision, so without a new version; audited when there was something unread. */
const markRead = (
  { conversations, audit }: ConversationManagementDeps,
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

function isDecided(current: ConversationRecord, decision: ConversationDecision): boolean {
  if ('status' in decision) return current.status === decision.status;
  return (
    (current.assignedAgentId?.toHexString() ?? null) === (decision.assignedAgentId?.toHexString() ?? null)
  );
}

const fieldsOf = ({ status, assignedAgentId, version }: ConversationRecord) => ({
  status,
  assignedAgentId: assignedAgentId ?? null,
  version,
});

const lostRace = (): AppError =>
  new AppError('precondition-failed', 'Somebody else has changed the conversation since you read it.');

/** Why a closed thread cannot be opened: there is one live thread of a contact on a channel, and it is another. */
async function hasSuccessor(
  { conversations }: ConversationManagementDeps,
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
