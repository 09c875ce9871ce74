import type { AnswerDoc } from './repository.ts';

/** How long an answer is repeated. */
export const answerTtlMs = 24 * 60 * 60_000;

/** Longer than any request takes. A later commit of the first holder is refused, so this only bounds the wait. */
export const leaseMs = 60_000;

type Standing = 'expired' | 'other-content' | 'answered' | 'answer-lost' | 'in-progress' | 'left';

type Stored = Pick<AnswerDoc, 'hash' | 'leasedUntil' | 'committedAt' | 'answer' | 'expiresAt'>;

/** What is to be said about a request whose key is taken. */
export function standingOf(stored: Stored, hash: string, now: Date): Standing {
  if (stored.expiresAt <= now) return 'expired';
  if (stored.hash !== hash) return 'other-content';
  if (stored.answer !== undefined) return 'answered';
  if (stored.leasedUntil > now) return 'in-progress';
  return stored.committedAt === undefined ? 'left' : 'answer-lost';
}
