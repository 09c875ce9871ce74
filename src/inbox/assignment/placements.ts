import type { ClientSession } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Timers } from '../../timers/timers.ts';
import type { ConversationAssignments, Placing } from '../conversations/assignments.ts';
import { applyDecision } from '../conversations/decisions.ts';
import type { ConversationRecord } from '../conversations/queue.ts';
import { effectivePresence } from './agents/presence.ts';
import type { AgentStateRepository } from './agents/repository.ts';
import type { Slots } from './agents/slots.ts';
import { presenceTimer } from './agents/use-cases.ts';
import { placeInQueue, slotMoves } from './placing.ts';
import type { AssignmentPolicyDoc, AssignmentPolicyRepository } from './policies/repository.ts';
import { isAutomatic, policyFor } from './policies/rules.ts';
import type { QueueWakeRepository } from './queue/repository.ts';

/** Fires when a conversation returns to the queue unless somebody has replied. */
export const returnTimer = 'assignment.return';

export interface PlacementDeps {
  readonly policies: Pick<AssignmentPolicyRepository, 'list'>;
  readonly agents: Pick<AgentStateRepository, 'find'>;
  readonly slots: Pick<Slots, 'add'>;
  readonly wakes: Pick<QueueWakeRepository, 'wake'>;
  readonly timers: Pick<Timers, 'arm'>;
  readonly clock: Clock;
}

type Change = Parameters<ConversationAssignments['follow']>[1];

/** Keeps the queue and the slots of agents with each decision about a conversation, in its transaction. */
export function createPlacements(deps: PlacementDeps): ConversationAssignments {
  const { policies, wakes, clock } = deps;
  return {
    async place(scope, placing, session) {
      const { before, after, isWanted } = placing;
      if (isWanted !== true && !movesQueue(before, after)) return after;
      const policy = policyFor(await policies.list(scope, session), after);
      const isAway =
        policy !== null && isAutomatic(policy) && (await wakesToNobody(deps, scope, placing, session));
      return placeInQueue(isAway ? withoutAgent(placing) : placing, policy !== null);
    },

    async follow(scope, change, session) {
      const isFreed = await moveSlots(deps, scope, change, session);
      const { before, after } = change;
      const isNewInQueue = after.queue !== undefined && before.queue === undefined;
      const isNewAssignment = after.assignment !== undefined && after.assignment.at !== before.assignment?.at;
      if (!isFreed && !isNewInQueue && !isNewAssignment) return;
      const all = await policies.list(scope, session);
      if ((isFreed || isNewInQueue) && all.some(isAutomatic)) await wakes.wake(scope, clock.now(), session);
      const policy = isNewAssignment ? policyFor(all, after) : null;
      if (policy !== null) await armReturn(deps, scope, { conversation: after, policy }, session);
    },
  };
}

/** Whether a snooze ends and the agent of the conversation is not online. */
async function wakesToNobody(
  { agents }: Pick<PlacementDeps, 'agents'>,
  scope: ClientScope,
  { after: { assignedAgentId }, wake, at }: Placing,
  session: ClientSession,
): Promise<boolean> {
  if (wake === undefined || assignedAgentId === undefined) return false;
  const state = await agents.find(scope, assignedAgentId, session);
  return state === null || effectivePresence(state, at) !== 'online';
}

const withoutAgent = ({ after, at, ...placing }: Placing): Placing => ({
  ...placing,
  at,
  after: applyDecision(after, { assignedAgentId: null }, { at, reason: 'last-agent-unavailable' }),
});

/** Changes of labels and the like leave everything where it is. */
const movesQueue = (before: ConversationRecord, after: ConversationRecord): boolean =>
  before.status !== after.status || String(before.assignedAgentId) !== String(after.assignedAgentId);

/** Whether an agent has a free slot more. */
async function moveSlots(
  { slots, timers, clock }: Pick<PlacementDeps, 'slots' | 'timers' | 'clock'>,
  scope: ClientScope,
  { before, after }: Change,
  session: ClientSession,
): Promise<boolean> {
  const moves = slotMoves(before, after);
  for (const { userId, by } of moves) {
    const state = await slots.add(scope, userId, by, session);
    if (by === -1) continue;
    const isNewAgent = String(before.assignedAgentId) !== String(after.assignedAgentId);
    if (isNewAgent && state.disabledAt !== undefined) throw notAssignable();
    // It may return, as what they had when they went.
    const now = clock.now();
    if (effectivePresence(state, now) === 'offline')
      await timers.arm(scope, { kind: presenceTimer, subjectId: userId, dueAt: now }, session);
  }
  return moves.some(({ by }) => by === -1);
}

/** The error for an agent who is disabled. */
export const notAssignable = (): AppError =>
  new AppError('invalid-input', 'The conversation cannot be assigned to this user.', {
    errors: [{ path: 'body.agentId', message: 'The user is not active.' }],
  });

/** After three rounds a conversation stays with its agent, so that it does not wander for ever. */
export const maxRounds = 3;

/** Makes the conversation return if nobody replies in time. */
export async function armReturn(
  { timers }: Pick<PlacementDeps, 'timers'>,
  scope: ClientScope,
  {
    conversation: { _id, assignment },
    policy,
  }: {
    readonly conversation: Pick<ConversationRecord, '_id' | 'assignment'>;
    readonly policy: AssignmentPolicyDoc;
  },
  session: ClientSession,
): Promise<void> {
  const { returnAfterSeconds } = policy;
  if (assignment === undefined || returnAfterSeconds === undefined || !isAutomatic(policy)) return;
  if (assignment.rounds >= maxRounds) return;
  const dueAt = new Date(assignment.at.getTime() + returnAfterSeconds * 1_000);
  await timers.arm(scope, { kind: returnTimer, subjectId: _id, dueAt }, session);
}
