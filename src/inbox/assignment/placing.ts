import type { Types } from 'mongoose';
import type { Placing } from '../conversations/assignments.ts';
import type {
  ConversationAssignment,
  ConversationDoc,
  ConversationQueue,
  ConversationRecord,
} from '../conversations/queue.ts';

/** Time for others to take a returned conversation; then nobody else seems to be there. */
export const exclusionMs = 5 * 60 * 1_000;

type Counted = Pick<ConversationDoc, 'status' | 'assignedAgentId'>;

/** Only an open conversation takes a slot of its agent. */
export const slotOwnerOf = ({ status, assignedAgentId }: Counted): Types.ObjectId | null =>
  status === 'open' ? (assignedAgentId ?? null) : null;

export interface SlotMove {
  readonly userId: Types.ObjectId;
  readonly by: 1 | -1;
}

/** What a change means for the slots of agents. */
export function slotMoves(before: Counted, after: Counted): readonly SlotMove[] {
  const [had, has] = [slotOwnerOf(before), slotOwnerOf(after)];
  if (String(had) === String(has)) return [];
  return [
    ...(had === null ? [] : [{ userId: had, by: -1 as const }]),
    ...(has === null ? [] : [{ userId: has, by: 1 as const }]),
  ];
}

/** Whether a conversation may wait for an agent. */
const isForQueue = ({ status, assignedAgentId }: Counted): boolean =>
  status === 'open' && assignedAgentId === undefined;

/**
 * The state after a decision with its place in the queue, if a policy matches. One that is open and has lost its agent, or
 * becomes open without one, waits; a returned one keeps the place that it had before it was assigned. Pure.
 */
export function placeInQueue(placing: Placing, isManaged: boolean): ConversationRecord {
  const { before, after, isWanted } = placing;
  const { queue: waiting, assignment: held, ...rest } = after;
  if (after.status === 'closed') return rest;
  if (after.assignedAgentId !== undefined) {
    const isSame = String(before.assignedAgentId) === String(after.assignedAgentId);
    // Whoever gets a conversation back that was set aside has the whole time to answer again.
    const keeps = isSame && !(before.status === 'pending' && after.status === 'open');
    if (keeps) return held === undefined ? rest : { ...rest, assignment: held };
    return isManaged ? { ...rest, assignment: assignmentOf(placing) } : rest;
  }
  if (after.status === 'pending') return rest;
  if (waiting !== undefined) return { ...rest, queue: waiting };
  const becomesFree = isWanted === true || !isForQueue(before);
  return isManaged && becomesFree ? { ...rest, queue: queueOf(placing) } : rest;
}

/** How a waiting or assigned conversation gets another agent at `at`. */
function assignmentOf({ before, at, wake }: Placing): ConversationAssignment {
  const { queue, assignment, turns = 0 } = before;
  const rounds = queue?.rounds ?? (isAnswered(before) ? 0 : (assignment?.rounds ?? 0));
  return { at, turns, rounds, waitingSince: queue?.since ?? openWaitOf(before) ?? wake?.since ?? at };
}

function queueOf({ before, at, returned, wake }: Placing): ConversationQueue {
  const { assignedAgentId: agent, assignment } = before;
  const rounds = isAnswered(before) ? 0 : (assignment?.rounds ?? 0);
  const { cause = 'gone', since = openWaitOf(before) ?? wake?.since } = returned ?? {};
  const isExcluded = cause !== 'gone' && agent !== undefined;
  return {
    since: since ?? at,
    ...(isExcluded
      ? { excluded: [agent], excludedUntil: new Date(at.getTime() + exclusionMs) }
      : { excluded: [] }),
    rounds: cause === 'no-reply' ? rounds + 1 : rounds,
    ...(wake === undefined ? {} : { isWoken: true }),
  };
}

const isAnswered = ({ assignment, turns = 0 }: ConversationDoc): boolean =>
  assignment !== undefined && turns > assignment.turns;

/** Since when an assigned conversation waits for its first answer; null if it was answered. */
const openWaitOf = (conversation: ConversationDoc): Date | null =>
  isAnswered(conversation) ? null : (conversation.assignment?.waitingSince ?? null);
