import type { Types } from 'mongoose';
import type {
  ConversationReason,
  ConversationRecord,
  ConversationSnooze,
  ConversationStatus,
} from './model.ts';

/** A change of status or assignment. Any change of status ends a snooze. */
export type ConversationDecision =
  | { readonly status: ConversationStatus; readonly snooze?: never }
  | { readonly status: 'pending'; readonly snooze: ConversationSnooze }
  | { readonly assignedAgentId: Types.ObjectId | null };

/** The latest decisions stay on the conversation; the audit keeps all of them. */
export const maxKeptDecisions = 50;

/** When and by whom; a decision of the product has a reason instead of a user. */
export interface Decided {
  readonly at: Date;
  readonly by?: Types.ObjectId;
  readonly reason?: ConversationReason;
}

/** The conversation after a decision, with an entry in its history; the same object if nothing changes. */
export function applyDecision(
  current: ConversationRecord,
  decision: ConversationDecision,
  decided: Decided,
): ConversationRecord {
  if (isDecided(current, decision)) return current;
  const history = [...current.history, { ...decided, ...decision }].slice(-maxKeptDecisions);
  if ('status' in decision) {
    const {
      closedAt: _before,
      snooze: _ended,
      waitingSince,
      ...rest
    } = current.status === 'closed' ? reopened(current) : current;
    return {
      ...rest,
      ...decision,
      ...(decision.status === 'closed' ? { closedAt: decided.at } : waitOf(waitingSince)),
      history,
    };
  }
  const { assignedAgentId: _was, ...rest } = current;
  const { assignedAgentId } = decision;
  return { ...rest, ...(assignedAgentId === null ? {} : { assignedAgentId }), history };
}

/** A closed conversation waits for nothing. */
const waitOf = (waitingSince: Date | undefined) => (waitingSince === undefined ? {} : { waitingSince });

/** Missed deadlines belong to the cycle that ended, and so does what the contact wrote until now. */
function reopened(current: ConversationRecord): ConversationRecord {
  const { breachedAt: _before, answeredUntil: _closing, waitingSince: _open, ...rest } = current;
  const { reopenings = 0, lastArrival: settledArrivals = 0 } = rest;
  return { ...rest, reopenings: reopenings + 1, settledArrivals };
}

/** The conversation with exactly these labels; the same object if it has them. Their order means nothing. */
export function applyLabels(
  current: ConversationRecord,
  wanted: readonly Types.ObjectId[],
): ConversationRecord {
  const labels = wanted.toSorted((a, b) => (a.toHexString() < b.toHexString() ? -1 : 1));
  const { labels: before = [], ...rest } = current;
  if (String(before) === String(labels)) return current;
  return labels.length === 0 ? rest : { ...rest, labels };
}

function isDecided(current: ConversationRecord, decision: ConversationDecision): boolean {
  if ('status' in decision)
    return current.status === decision.status && isSameSnooze(current.snooze, decision.snooze);
  return (
    (current.assignedAgentId?.toHexString() ?? null) === (decision.assignedAgentId?.toHexString() ?? null)
  );
}

export const isSameSnooze = (one?: ConversationSnooze, other?: ConversationSnooze): boolean =>
  one === other || (one !== undefined && other !== undefined && timeOf(one) === timeOf(other));

const timeOf = ({ until }: ConversationSnooze): number | null => until?.getTime() ?? null;
