import type { Clock } from '../../../platform/clock.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { QueuedConversations, QueueFilter, Waiting } from '../../conversations/queue.ts';
import type { AgentStateRepository } from '../agents/repository.ts';
import type { AssignmentPolicyDoc, AssignmentPolicyRepository } from '../policies/repository.ts';
import type { FindMembers, Members } from '../policies/members.ts';
import { isAutomatic, type Reach, reaches } from '../policies/rules.ts';
import type { Assign } from './assign.ts';
import { type Candidate, chooseAgent } from './choice.ts';

export interface DrainDeps {
  readonly policies: Pick<AssignmentPolicyRepository, 'list'>;
  readonly agents: Pick<AgentStateRepository, 'listOnline'>;
  readonly conversations: Pick<QueuedConversations, 'listQueued'>;
  readonly findMembers: FindMembers;
  readonly assign: Assign;
  readonly clock: Clock;
}

export interface Drained {
  readonly assigned: number;
  /** More may be assigned now. */
  readonly isCut: boolean;
  /** When time alone lets the queue move on; null if only another cause can. */
  readonly retryAt: Date | null;
}

/** Assignments of one turn, so that a client with a long queue does not hold up others. */
const maxAssignments = 100;
/** Conversations read at once, and in one turn: those at the head may wait for agents who had them before. */
const pageSize = 100;
const maxLooked = 1_000;
/** Fresh looks at one conversation whose agent has changed meanwhile. */
const maxLooks = 3;

export type Drain = ReturnType<typeof createDrain>;

/** Gives the conversations that wait to the agents who are free, in order. */
export const createDrain =
  (deps: DrainDeps) =>
  async (scope: ClientScope, isStillMine: () => Promise<boolean>): Promise<Drained> => {
    const budget = { left: maxAssignments };
    const retries: Date[] = [];
    let isCut = false;
    for (const { policy, reach } of reaches(await deps.policies.list(scope))) {
      if (!isAutomatic(policy)) continue;
      const ended = await drainPolicy(deps, scope, { policy, reach, budget, isStillMine });
      if (ended.retryAt !== null) retries.push(ended.retryAt);
      isCut ||= ended.isCut;
    }
    return { assigned: maxAssignments - budget.left, isCut, retryAt: soonestOf(retries) };
  };

interface PolicyTurn {
  readonly policy: AssignmentPolicyDoc;
  readonly reach: Reach;
  readonly budget: { left: number };
  readonly isStillMine: () => Promise<boolean>;
}

type Ended = Pick<Drained, 'isCut' | 'retryAt'>;

async function drainPolicy(deps: DrainDeps, scope: ClientScope, turn: PolicyTurn): Promise<Ended> {
  const { policy, reach, budget } = turn;
  const order = policy.order === 'earliest-created' ? 'createdAt' : 'queue.since';
  const filter = queueFilterOf(policy, reach, deps.clock.now());
  let agents: readonly Candidate[] = await deps.agents.listOnline(scope, deps.clock.now());
  const members = await deps.findMembers(scope, policy);
  const retries: Date[] = [];
  let skip = 0;
  while (skip < maxLooked) {
    const page = await deps.conversations.listQueued(scope, filter, { order, skip, limit: pageSize });
    for (const waiting of page) {
      if (budget.left === 0 || !(await turn.isStillMine())) return { isCut: true, retryAt: null };
      const step = await assignOne(deps, scope, { waiting, policy, members, agents });
      if (step.retryAt !== null) retries.push(step.retryAt);
      if (step.kind === 'stop') return { isCut: step.isCut, retryAt: soonestOf(retries) };
      agents = step.agents;
      if (step.isAssigned) budget.left -= 1;
      // The next page begins after those that stay in the queue.
      else skip += 1;
    }
    if (page.length < pageSize) break;
  }
  return { isCut: false, retryAt: soonestOf(retries) };
}

const soonestOf = (times: readonly Date[]): Date | null =>
  times.toSorted((a, b) => a.getTime() - b.getTime())[0] ?? null;

interface Look {
  readonly waiting: Waiting;
  readonly policy: AssignmentPolicyDoc;
  readonly members: Members;
  readonly agents: readonly Candidate[];
}

/** After `stop`, nothing behind the conversation can be assigned either; `isCut` asks for another look at all of it. */
type Step = { readonly retryAt: Date | null } & (
  | { readonly kind: 'next'; readonly isAssigned: boolean; readonly agents: readonly Candidate[] }
  | { readonly kind: 'stop'; readonly isCut: boolean }
);

async function assignOne(deps: DrainDeps, scope: ClientScope, look: Look): Promise<Step> {
  const { waiting, policy, members } = look;
  const { queue } = waiting;
  let { agents } = look;
  for (let looks = 0; looks < maxLooks; looks += 1) {
    const choice = chooseAgent({ ...policy, members }, agents, { queue, now: deps.clock.now() });
    if (choice.kind === 'wait') {
      const { retryAt } = choice;
      // An obstacle that does not depend on the conversation stops all behind it.
      if (queue.excluded.length === 0) return { kind: 'stop', isCut: false, retryAt };
      return { kind: 'next', isAssigned: false, agents, retryAt };
    }
    const { userId } = choice;
    const outcome = await deps.assign(scope, { conversationId: waiting._id, userId, policy });
    if (outcome === 'policy-changed') break;
    agents = await deps.agents.listOnline(scope, deps.clock.now());
    if (outcome !== 'agent-changed')
      return { kind: 'next', isAssigned: outcome === 'assigned', agents, retryAt: null };
  }
  return { kind: 'stop', isCut: true, retryAt: null };
}

/** Which waiting conversations a policy assigns at `now`. */
export const queueFilterOf = (
  { maxAgeHours, excludedLabels }: AssignmentPolicyDoc,
  { only, except }: Reach,
  now: Date,
): QueueFilter => ({
  onlyChannels: only,
  exceptChannels: except,
  exceptLabels: excludedLabels,
  ...(maxAgeHours === undefined
    ? {}
    : { activeSince: new Date(now.getTime() - maxAgeHours * 60 * 60 * 1_000) }),
});
