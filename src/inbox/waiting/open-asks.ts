import { isCounted, type AnswerFact } from '../sla/clocks/answers.ts';
import { isAnswerTo } from '../sla/clocks/responses.ts';

/**
 * Since when the contact waits: the first of these messages that the latest answer did not follow; null if nobody waits.
 * As service levels count: an answer within the second of a message is to an earlier one.
 */
export function firstUnanswered(asks: readonly Date[], answeredAt: Date | null): Date | null {
  const open = asks.filter((at) => answeredAt === null || !isAnswerTo(answeredAt, at));
  return open.length === 0 ? null : new Date(Math.min(...open.map((at) => at.getTime())));
}

/** How a report changed what is known of an answer. */
export interface AnswerChange {
  /** Null if nothing was known. */
  readonly before: AnswerFact | null;
  readonly after: AnswerFact;
}

const counts = (fact: AnswerFact | null): fact is AnswerFact & { readonly at: Date } =>
  fact !== null && isCounted(fact);

/** When the answer left, if the report makes it count: then it can end a wait, but not bring one back. */
export const countsFrom = ({ before, after }: AnswerChange): Date | null =>
  counts(after) && !counts(before) ? after.at : null;
