import type { ClientSession } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Timers } from '../../timers/timers.ts';
import type { Arrived, ConversationAssignments, ReceiveArrival } from '../conversations/assignments.ts';
import type { ConversationDoc } from '../conversations/queue.ts';
import type { QueuedConversations } from '../conversations/queue.ts';
import { createDecide, type ConversationResource } from '../conversations/resource.ts';
import type { AgentStateRepository } from './agents/repository.ts';
import type { Slots } from './agents/slots.ts';
import { armReturn } from './placements.ts';
import type { AssignmentPolicyDoc, AssignmentPolicyRepository } from './policies/repository.ts';
import { type FindMembers, isMember } from './policies/members.ts';
import { isAutomatic, policyFor } from './policies/rules.ts';
import type { QueueWakeRepository } from './queue/repository.ts';

export interface AssignmentArrivalDeps {
  readonly policies: Pick<AssignmentPolicyRepository, 'list'>;
  readonly agents: Pick<AgentStateRepository, 'takeTurn'>;
  readonly findMembers: FindMembers;
  readonly conversations: Pick<QueuedConversations, 'enqueue' | 'keepAgent'>;
  readonly resource: Pick<ConversationResource, 'within'>;
  readonly assignments: Pick<ConversationAssignments, 'place'>;
  readonly slots: Pick<Slots, 'add'>;
  readonly wakes: Pick<QueueWakeRepository, 'wake'>;
  readonly timers: Pick<Timers, 'arm'>;
  readonly clock: Clock;
}

/** What a message of the contact means for the queue, in its transaction. */
export const createReceiveArrival =
  (deps: AssignmentArrivalDeps): ReceiveArrival =>
  async (scope, arrived, session) => {
    const { conversation, awaitsAnswer, isReopened } = arrived;
    const { assignedAgentId, queue } = conversation;
    if (assignedAgentId !== undefined) {
      if (isReopened) await reopenWithAgent(deps, scope, arrived, session);
      return;
    }
    if (queue === undefined && awaitsAnswer) await enqueue(deps, scope, arrived, session);
  };

async function enqueue(
  { policies, conversations, wakes, clock }: AssignmentArrivalDeps,
  scope: ClientScope,
  { conversation, at }: Arrived,
  session: ClientSession,
): Promise<void> {
  const policy = policyFor(await policies.list(scope, session), conversation);
  if (policy === null) return;
  const now = clock.now();
  const queue = { since: at < now ? at : now, excluded: [], rounds: 0 };
  const isNew = await conversations.enqueue(scope, conversation._id, queue, session);
  if (isNew && isAutomatic(policy)) await wakes.wake(scope, now, session);
}

/** A reopened conversation still names its last agent. Without an automatic policy it stays with them. */
async function reopenWithAgent(
  deps: AssignmentArrivalDeps,
  scope: ClientScope,
  { conversation, at }: Arrived,
  session: ClientSession,
): Promise<void> {
  const { assignedAgentId: userId } = conversation;
  if (userId === undefined) return;
  const policy = policyFor(await deps.policies.list(scope, session), conversation);
  const isOurs = policy !== null && isAutomatic(policy);
  const stays = !isOurs || (await mayStay(deps, scope, { conversation, policy }, session));
  await deps.slots.add(scope, userId, 1, session);
  if (!isOurs) return;
  if (stays) return keep(deps, scope, { conversation, policy, at }, session);
  const decide = createDecide(deps)(
    { assignedAgentId: null },
    { reason: 'last-agent-unavailable', returned: { cause: 'gone', since: at } },
  );
  const change = { action: 'conversation.assigned', decide };
  const ref = { id: conversation._id, version: undefined };
  await deps.resource.within(session).change(scope, { type: 'system' }, ref, change);
}

interface Reopened {
  readonly conversation: ConversationDoc;
  readonly policy: AssignmentPolicyDoc;
  readonly at: Date;
}

async function mayStay(
  { agents, findMembers, clock }: AssignmentArrivalDeps,
  scope: ClientScope,
  { conversation: { assignedAgentId }, policy }: Omit<Reopened, 'at'>,
  session: ClientSession,
): Promise<boolean> {
  if (assignedAgentId === undefined || !policy.isSticky) return false;
  if (!isMember(await findMembers(scope, policy, session), assignedAgentId)) return false;
  return agents.takeTurn(scope, { userId: assignedAgentId, terms: policy, now: clock.now() }, session);
}

async function keep(
  { conversations, timers, clock }: AssignmentArrivalDeps,
  scope: ClientScope,
  { conversation, policy, at: waitingSince }: Reopened,
  session: ClientSession,
): Promise<void> {
  const { _id, assignedAgentId, turns = 0 } = conversation;
  if (assignedAgentId === undefined) return;
  const at = clock.now();
  const assignment = { at, waitingSince, turns, rounds: 0 };
  const entry = { at, reason: 'last-agent', assignedAgentId } as const;
  await conversations.keepAgent(scope, _id, { assignment, entry }, session);
  await armReturn({ timers }, scope, { conversation: { _id, assignment }, policy }, session);
}
