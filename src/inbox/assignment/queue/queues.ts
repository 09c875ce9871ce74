import type { Clock } from '../../../platform/clock.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { QueuedConversations } from '../../conversations/queue.ts';
import type { AgentStateRepository } from '../agents/repository.ts';
import type { AssignmentPolicyDoc, AssignmentPolicyRepository } from '../policies/repository.ts';
import { type FindMembers, isMember } from '../policies/members.ts';
import { type Reach, reaches } from '../policies/rules.ts';
import { chooseAgent, freeSlotsOf, type Candidate, type Obstacle } from './choice.ts';

export interface QueueState {
  readonly policy: AssignmentPolicyDoc;
  /** Up to `maxCounted`. */
  readonly length: number;
  readonly oldestSince: Date | null;
  readonly agentsOnline: number;
  readonly freeSlots: number;
  /** Why the next one waits; null if none does, or if it is about to be assigned. */
  readonly obstacle: Obstacle | null;
}

/** More than these are shown as so many. */
export const maxCounted = 10_000;

export interface QueueDeps {
  readonly policies: Pick<AssignmentPolicyRepository, 'list'>;
  readonly agents: Pick<AgentStateRepository, 'listOnline'>;
  readonly conversations: Pick<QueuedConversations, 'measureQueue'>;
  readonly findMembers: FindMembers;
  readonly clock: Clock;
}

export type ListQueues = ReturnType<typeof createListQueues>;

/** What waits under each policy, counted now. */
export const createListQueues =
  (deps: QueueDeps) =>
  async (scope: ClientScope): Promise<readonly QueueState[]> => {
    const [policies, agents] = await Promise.all([
      deps.policies.list(scope),
      deps.agents.listOnline(scope, deps.clock.now()),
    ]);
    return Promise.all(
      reaches(policies).map(({ policy, reach }) => stateOf(deps, scope, { policy, reach, agents })),
    );
  };

interface Queue {
  readonly policy: AssignmentPolicyDoc;
  readonly reach: Reach;
  readonly agents: readonly Candidate[];
}

async function stateOf(
  { conversations, findMembers, clock }: QueueDeps,
  scope: ClientScope,
  { policy, reach, agents }: Queue,
): Promise<QueueState> {
  const filter = { onlyChannels: reach.only, exceptChannels: reach.except };
  const measured = await conversations.measureQueue(scope, filter, maxCounted);
  const members = await findMembers(scope, policy);
  const there = agents.filter(({ userId }) => isMember(members, userId));
  const choice = chooseAgent({ ...policy, members }, there, {
    queue: { excluded: [] },
    now: clock.now(),
  });
  return {
    ...{ policy, ...measured, agentsOnline: there.length },
    freeSlots: there.reduce((sum, agent) => sum + freeSlotsOf(agent, policy), 0),
    obstacle: measured.length === 0 || choice.kind === 'assign' ? null : choice.because,
  };
}
