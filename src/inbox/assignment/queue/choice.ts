import type { Types } from 'mongoose';
import type { AgentStateDoc } from '../agents/model.ts';
import { effectivePresence } from '../agents/presence.ts';
import type { ConversationQueue } from '../../conversations/queue.ts';
import type { AssignmentMethod, AssignmentPolicyDoc, FairLimit } from '../policies/model.ts';
import { isMember, type Members } from '../policies/members.ts';

export type Candidate = Pick<
  AgentStateDoc,
  | 'userId'
  | 'chosen'
  | 'chosenAt'
  | 'connectedUntil'
  | 'disabledAt'
  | 'openCount'
  | 'capacity'
  | 'lastAssignedAt'
  | 'recent'
>;

type Terms = Pick<AssignmentPolicyDoc, 'method' | 'capacity' | 'fairLimit'> & { readonly members: Members };

/** Why nobody gets a conversation: the obstacle that the candidate who came furthest meets. */
export type Obstacle = 'manual' | 'nobody-online' | 'only-excluded' | 'nobody-free' | 'fair-limit';

export type Choice =
  | { readonly kind: 'assign'; readonly userId: Types.ObjectId }
  /** With `retryAt`, time alone may remove the obstacle. */
  | { readonly kind: 'wait'; readonly because: Obstacle; readonly retryAt: Date | null };

/** When the agent may get the next conversation by the fair limit; null if now. */
export function fairFrom(
  { recent }: Pick<Candidate, 'recent'>,
  { count, perSeconds }: FairLimit,
  now: Date,
): Date | null {
  const oldestThatCounts = recent[count - 1];
  if (oldestThatCounts === undefined) return null;
  const from = new Date(oldestThatCounts.getTime() + perSeconds * 1_000);
  return from > now ? from : null;
}

/** How many more the agent may get; their own capacity or the policy's, whichever is smaller. */
export const freeSlotsOf = (
  { openCount, capacity }: Pick<Candidate, 'openCount' | 'capacity'>,
  terms: Pick<Terms, 'capacity'>,
): number => Math.max(0, Math.min(terms.capacity, capacity ?? terms.capacity) - openCount);

const wait = (because: Obstacle, retryAt: Date | null = null): Choice => ({ kind: 'wait', because, retryAt });

/** Who had the conversation in this round, and until when they do not get it again. */
export type Exclusion = Pick<ConversationQueue, 'excluded' | 'excludedUntil'>;

/** The agent who gets a waiting conversation now. Pure. */
export function chooseAgent(
  terms: Terms,
  agents: readonly Candidate[],
  { queue, now }: { readonly queue: Exclusion; readonly now: Date },
): Choice {
  const { excludedUntil = null } = queue;
  const excluded = excludedUntil !== null && excludedUntil <= now ? [] : queue.excluded;
  if (terms.method === 'manual') return wait('manual');
  const online = agents.filter(
    (agent) => isMember(terms.members, agent.userId) && effectivePresence(agent, now) === 'online',
  );
  if (online.length === 0) return wait('nobody-online');
  const others = online.filter(({ userId }) => !excluded.some((id) => id.equals(userId)));
  if (others.length === 0) return wait('only-excluded', excludedUntil);
  const free = others.filter((agent) => freeSlotsOf(agent, terms) > 0);
  if (free.length === 0) return wait('nobody-free');
  const limits = free.map((agent) => ({ agent, from: fairFrom(agent, terms.fairLimit, now) }));
  const allowed = limits.flatMap(({ agent, from }) => (from === null ? [agent] : []));
  const [first] = allowed.toSorted(inTurn[terms.method]);
  if (first !== undefined) return { kind: 'assign', userId: first.userId };
  return wait(
    'fair-limit',
    limits.reduce<Date | null>(
      (soonest, { from }) => (soonest === null || (from !== null && from < soonest) ? from : soonest),
      null,
    ),
  );
}

type Comparison = (a: Candidate, b: Candidate) => number;

const waitedLongest: Comparison = (a, b) =>
  (a.lastAssignedAt?.getTime() ?? 0) - (b.lastAssignedAt?.getTime() ?? 0) ||
  (a.userId.toHexString() < b.userId.toHexString() ? -1 : 1);

const inTurn: Readonly<Record<Exclude<AssignmentMethod, 'manual'>, Comparison>> = {
  'round-robin': waitedLongest,
  'least-loaded': (a, b) => a.openCount - b.openCount || waitedLongest(a, b),
};
