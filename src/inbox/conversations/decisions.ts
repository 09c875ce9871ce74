import type { Types } from 'mongoose';
import type { ConversationRecord, ConversationStatus } from './repository.ts';

/** What a person decided. */
export type ConversationDecision =
  | { readonly status: ConversationStatus }
  | { readonly assignedAgentId: Types.ObjectId | null };

/** Decisions that are kept on the conversation itself; the audit has all of them. */
const maxKeptDecisions = 50;

/** The conversation after a decision, with its entry in the history; the same one when it is so already. */
export function applyDecision(
  current: ConversationRecord,
  decision: ConversationDecision,
  { at, by }: { readonly at: Date; readonly by: Types.ObjectId },
): ConversationRecord {
  if (isDecided(current, decision)) return current;
  const history = [...current.history, { at, by, ...decision }].slice(-maxKeptDecisions);
  if ('status' in decision) return { ...current, ...decision, history };
  const { assignedAgentId: _was, ...rest } = current;
  const { assignedAgentId } = decision;
  return { ...rest, ...(assignedAgentId === null ? {} : { assignedAgentId }), history };
}

function isDecided(current: ConversationRecord, decision: ConversationDecision): boolean {
  if ('status' in decision) return current.status === decision.status;
  return (
    (current.assignedAgentId?.toHexString() ?? null) === (decision.assignedAgentId?.toHexString() ?? null)
  );
}
