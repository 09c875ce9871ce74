import type {
  AssignmentTerms,
  Change,
  Commit,
  ConversationState,
  Decision,
  StormFacts,
  Waiting,
} from '../facts.ts';
import { createQueueTurns, type QueueTurns } from './queue-turns.ts';

type ConversationChange = Extract<Change, { kind: 'conversation' }>;

/** These take a place of the agent; a decision by hand may exceed the capacity. */
const automatic: ReadonlySet<string | null> = new Set(['round-robin', 'least-loaded', 'last-agent']);
/** Of these, an agent who gets a reopened conversation back passes those who wait. */
const fromQueue: ReadonlySet<string | null> = new Set(['round-robin', 'least-loaded']);

interface Known extends ConversationState {
  /** The commit that put it into the queue. */
  readonly queuedIn: number;
}

interface Course {
  readonly terms: AssignmentTerms;
  readonly conversations: Map<string, Known>;
  /** Those that wait, by id. */
  readonly waiting: Map<string, Waiting & { readonly queuedIn: number }>;
  /** Open conversations by agent, counted from the conversations. */
  readonly counts: Map<string, number>;
  /** The same as the product keeps it. */
  readonly kept: Map<string, number>;
  /** When each agent got conversations automatically. */
  readonly given: Map<string, number[]>;
  readonly turns: QueueTurns;
  /** Agents whose conversations or count the commit changes. */
  readonly touched: Set<string>;
}

/**
 * Follows every version of every conversation in the order of the database: no agent beyond the capacity or the fair limit
 * by automatic assignment, nobody passed by one who waits since later, nothing open in nobody's hands, and the kept counts
 * equal to the conversations after each commit. Pure.
 */
export function* judgeAssignments({
  commits,
  conversations,
  assignment,
}: Pick<StormFacts, 'commits' | 'conversations' | 'assignment'>): Generator<string> {
  const course: Course = {
    ...{ terms: assignment, conversations: new Map(), waiting: new Map() },
    ...{
      counts: new Map(),
      kept: new Map(),
      given: new Map(),
      turns: createQueueTurns(),
      touched: new Set(),
    },
  };
  for (const [index, commit] of commits.entries()) {
    for (const change of commit.changes) yield* follow(course, change, { index, commit });
    yield* judgeCommit(course, commit);
  }
  for (const id of course.waiting.keys()) yield `conversation ${id} still waits for an agent`;
  for (const { id, shown } of conversations) {
    const { status, agentId } = course.conversations.get(id) ?? { status: 'never seen', agentId: null };
    if (status !== shown.status || agentId !== shown.assignedAgentId)
      yield `conversation ${id} is ${shown.status} and was followed until it was ${status}`;
  }
}

interface Place {
  readonly index: number;
  readonly commit: Commit;
}

function* follow(course: Course, change: Change, place: Place): Generator<string> {
  if (change.kind === 'agent') {
    course.kept.set(change.id, change.openCount);
    course.touched.add(change.id);
  }
  if (change.kind === 'queue') course.turns.note(change.holder, place.index, place.commit.atMs);
  if (change.kind !== 'conversation') return;
  const before = course.conversations.get(change.id);
  move(course, before, change, place.index);
  const { decision } = change;
  if (decision === null || typeof decision.agentId !== 'string' || !automatic.has(decision.reason)) return;
  yield* judgeAssignment(course, { change, decision, agentId: decision.agentId, before }, place);
}

function move(course: Course, before: Known | undefined, change: ConversationChange, index: number): void {
  const { id, status, agentId, queue } = change;
  const [had, has] = [ownerOf(before), ownerOf(change)];
  if (had !== has) {
    addTo(course, had, -1);
    addTo(course, has, 1);
  }
  const queuedIn = before === undefined || before.queue === null ? index : before.queuedIn;
  course.conversations.set(id, { status, agentId, queue, queuedIn });
  if (queue === null) course.waiting.delete(id);
  else course.waiting.set(id, { ...queue, queuedIn });
}

function addTo({ counts, touched }: Course, agentId: string | null, by: number): void {
  if (agentId === null) return;
  counts.set(agentId, (counts.get(agentId) ?? 0) + by);
  touched.add(agentId);
}

const ownerOf = (state: ConversationState | undefined): string | null =>
  state?.status === 'open' ? state.agentId : null;

interface Assigned {
  readonly change: ConversationChange;
  readonly decision: Decision;
  readonly agentId: string;
  readonly before: Known | undefined;
}

function* judgeAssignment(course: Course, assigned: Assigned, { commit }: Place): Generator<string> {
  const { counts, given, terms } = course;
  const { change, decision, agentId, before } = assigned;
  const count = counts.get(agentId) ?? 0;
  if (count > terms.capacity)
    yield `agent ${agentId} has ${count} conversations with ${change.id}, more than ${terms.capacity}`;
  yield* judgeFairness(given, { agentId, atMs: decision.atMs }, terms.fairLimit);
  if (!fromQueue.has(decision.reason)) return;
  const queue = before?.queue ?? null;
  if (queue === null) yield `conversation ${change.id} was given to agent ${agentId} and did not wait`;
  else yield* judgeOrder(course, { id: change.id, agentId, queue }, commit.atMs);
}

/** The product takes its own time before it decides. */
const toleranceMs = 1_000;

function* judgeFairness(
  given: Map<string, number[]>,
  { agentId, atMs }: { readonly agentId: string; readonly atMs: number },
  { count, perSeconds }: AssignmentTerms['fairLimit'],
): Generator<string> {
  const times = given.get(agentId) ?? [];
  given.set(agentId, times);
  times.push(atMs);
  const first = times.at(-1 - count);
  if (first !== undefined && atMs - first < perSeconds * 1_000 - toleranceMs)
    yield `agent ${agentId} got ${count + 1} conversations within ${atMs - first} ms`;
}

/**
 * Whoever waited when the drainer began its turn, since earlier, and may have this agent, comes first. Those who come
 * while it works wait for its next turn.
 */
function* judgeOrder(
  { waiting, turns }: Pick<Course, 'waiting' | 'turns'>,
  served: { readonly id: string; readonly agentId: string; readonly queue: Waiting },
  atMs: number,
): Generator<string> {
  const turn = turns.beginOf(atMs);
  for (const [id, { sinceMs, excluded, excludedUntilMs, queuedIn }] of waiting) {
    if (id === served.id || sinceMs >= served.queue.sinceMs || queuedIn >= turn.index) continue;
    const isExcluded =
      excluded.includes(served.agentId) && (excludedUntilMs === null || excludedUntilMs > turn.atMs);
    if (!isExcluded)
      yield `conversation ${served.id} was served before ${id}, which waits ${served.queue.sinceMs - sinceMs} ms longer`;
  }
}

/** After a commit all that it changed is visible at once. */
function* judgeCommit(course: Course, { changes }: Commit): Generator<string> {
  for (const change of changes) {
    if (change.kind !== 'conversation') continue;
    const { status, agentId, queue } = course.conversations.get(change.id) ?? change;
    if (status === 'open' && agentId === null && queue === null)
      yield `conversation ${change.id} is open, has no agent and does not wait for one`;
    if (queue !== null && (status !== 'open' || agentId !== null))
      yield `conversation ${change.id} waits and is ${status} with ${agentId === null ? 'no' : 'an'} agent`;
  }
  for (const id of course.touched) {
    const [kept, counted] = [course.kept.get(id) ?? 0, course.counts.get(id) ?? 0];
    if (kept !== counted) yield `agent ${id} has ${counted} open conversations and a count of ${kept}`;
  }
  course.touched.clear();
}
