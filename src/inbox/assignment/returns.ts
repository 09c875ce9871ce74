import type { ClientSession, Types } from 'mongoose';
import type { AuditService } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { TimerHandler, TimerHandlers, Timers } from '../../timers/timers.ts';
import type { ConversationAssignments, Return } from '../conversations/assignments.ts';
import type { ConversationReason, ConversationRecord } from '../conversations/queue.ts';
import type { QueuedConversations } from '../conversations/queue.ts';
import { createDecide, type ConversationResource } from '../conversations/resource.ts';
import { presenceTimer, type AgentUseCases } from './agents/use-cases.ts';
import type { AgentStateRepository } from './agents/repository.ts';
import { maxRounds, returnTimer } from './placements.ts';
import type { AssignmentPolicyRepository } from './policies/repository.ts';
import { isAutomatic, policyFor } from './policies/rules.ts';
import { goneFrom, returnsFromGone, returnsUnanswered } from './return-rules.ts';

/** Since when the contact waits for an answer of a person; null if they do not. Sending knows. */
export type FindWait = (
  scope: ClientScope,
  conversationId: Types.ObjectId,
  session: ClientSession,
) => Promise<Date | null>;

export interface ReturnDeps {
  readonly policies: Pick<AssignmentPolicyRepository, 'list'>;
  readonly agents: Pick<AgentStateRepository, 'find'>;
  readonly presence: Pick<AgentUseCases, 'tell'>;
  readonly conversations: Pick<QueuedConversations, 'findWithHistory' | 'listOpenOf'>;
  readonly resource: Pick<ConversationResource, 'within'>;
  readonly assignments: Pick<ConversationAssignments, 'place'>;
  readonly findWait: FindWait;
  readonly timers: Pick<Timers, 'arm'>;
  readonly audit: Pick<AuditService, 'runInTransaction' | 'events'>;
  readonly clock: Clock;
}

/** Conversations of an agent that one firing looks at: an agent has at most a few; it takes some seconds at most. */
const pageSize = 100;
const maxPages = 10;

type OpenConversation = Pick<ConversationRecord, '_id'>;

/** What makes conversations return to the queue: nobody replies, or their agent is gone. */
export const createReturnHandlers = (deps: ReturnDeps): TimerHandlers => ({
  [returnTimer]: createReplyHandler(deps),
  [presenceTimer]: createPresenceHandler(deps),
});

const createReplyHandler =
  (deps: ReturnDeps): TimerHandler =>
  ({ scope, subjectId, complete }) =>
    deps.audit.runInTransaction(async (session) => {
      if (!(await complete(session))) return;
      const found = await findManaged(deps, scope, subjectId, session);
      if (found === null) return;
      const { conversation, policy } = found;
      const verdict = returnsUnanswered(conversation, policy, deps.clock.now());
      if (verdict.kind === 'later')
        await deps.timers.arm(scope, { kind: returnTimer, subjectId, dueAt: verdict.at }, session);
      if (verdict.kind !== 'now') return;
      const since = await deps.findWait(scope, subjectId, session);
      if (since === null) return;
      const returned = { cause: 'no-reply', since } as const;
      const { queue } = await giveBack(deps, scope, { conversation, reason: 'no-reply', returned }, session);
      if (queue?.rounds === maxRounds) await recordStarved(deps, scope, conversation, session);
    });

const createPresenceHandler =
  (deps: ReturnDeps): TimerHandler =>
  async ({ scope, subjectId: userId, complete }) => {
    const { agents, presence, timers, audit, clock } = deps;
    const laterAt = await returnAllFromGone(deps, scope, userId);
    await audit.runInTransaction(async (session) => {
      if (!(await complete(session))) return;
      await presence.tell(scope, userId, session);
      const { connectedUntil } = (await agents.find(scope, userId, session)) ?? {};
      const looks = [...laterAt];
      if (connectedUntil !== undefined && connectedUntil > clock.now()) looks.push(connectedUntil);
      const [dueAt] = looks.toSorted((a, b) => a.getTime() - b.getTime());
      if (dueAt !== undefined)
        await timers.arm(scope, { kind: presenceTimer, subjectId: userId, dueAt }, session);
    });
  };

/** Returns what an agent has who is gone; answers when to look again. */
async function returnAllFromGone(
  deps: ReturnDeps,
  scope: ClientScope,
  userId: Types.ObjectId,
): Promise<readonly Date[]> {
  const { agents, conversations, clock } = deps;
  const state = await agents.find(scope, userId);
  if (state === null || goneFrom(state, clock.now()) === null) return [];
  const laterAt: Date[] = [];
  let after: Types.ObjectId | null = null;
  for (let page = 0; page < maxPages; page += 1) {
    const open: readonly OpenConversation[] = await conversations.listOpenOf(scope, userId, after, pageSize);
    for (const { _id } of open) {
      const outcome = await returnFromGone(deps, scope, { userId, conversationId: _id });
      if (outcome instanceof Date) laterAt.push(outcome);
    }
    after = open.at(-1)?._id ?? null;
    if (open.length < pageSize) return laterAt;
  }
  return [...laterAt, clock.now()];
}

interface Held {
  readonly userId: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
}

/** Returns the conversation if its agent has been gone for long enough; a time is when to look again. */
const returnFromGone = (
  deps: ReturnDeps,
  scope: ClientScope,
  { userId, conversationId }: Held,
): Promise<'returned' | 'stays' | Date> =>
  deps.audit.runInTransaction(async (session) => {
    const now = deps.clock.now();
    const state = await deps.agents.find(scope, userId, session);
    const gone = state === null ? null : goneFrom(state, now);
    if (gone === null) return 'stays';
    const found = await findManaged(deps, scope, conversationId, session);
    if (found === null || found.conversation.assignedAgentId?.equals(userId) !== true) return 'stays';
    const { conversation, policy } = found;
    const since = await deps.findWait(scope, conversationId, session);
    const verdict = returnsFromGone({ conversation, gone, isWaiting: since !== null }, policy, now);
    if (verdict.kind === 'later') return verdict.at;
    if (verdict.kind === 'never') return 'stays';
    const reason = gone.isDisabled ? 'agent-disabled' : 'agent-offline';
    await giveBack(deps, scope, { conversation, reason, returned: { cause: 'gone', since } }, session);
    return 'returned';
  });

/** An open, assigned conversation under an automatic policy. */
async function findManaged(
  { conversations, policies }: ReturnDeps,
  scope: ClientScope,
  id: Types.ObjectId,
  session: ClientSession,
) {
  const conversation = await conversations.findWithHistory(scope, id, session);
  if (conversation === null || conversation.status !== 'open') return null;
  if (conversation.assignedAgentId === undefined) return null;
  const policy = policyFor(await policies.list(scope, session), conversation);
  return policy === null || !isAutomatic(policy) ? null : { conversation, policy };
}

interface GivingBack {
  readonly conversation: ConversationRecord;
  readonly reason: ConversationReason;
  readonly returned: Return;
}

const giveBack = (
  deps: ReturnDeps,
  scope: ClientScope,
  { conversation: { _id }, reason, returned }: GivingBack,
  session: ClientSession,
): Promise<ConversationRecord> =>
  deps.resource.within(session).change(
    scope,
    { type: 'system' },
    { id: _id, version: undefined },
    {
      action: 'conversation.assigned',
      decide: createDecide(deps)({ assignedAgentId: null }, { reason, returned }),
    },
  );

/** Nobody has replied in three rounds: people should look at it. */
const recordStarved = (
  { audit }: Pick<ReturnDeps, 'audit'>,
  scope: ClientScope,
  { _id, version, channelId }: ConversationRecord,
  session: ClientSession,
): Promise<void> =>
  audit.events.record(scope, session, {
    type: 'assignment.starved',
    entity: { type: 'assignment', id: _id },
    version: version + 1,
    view: { channelId: channelId.toHexString(), rounds: maxRounds },
  });
