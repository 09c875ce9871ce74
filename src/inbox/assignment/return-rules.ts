import type { ConversationDoc } from '../conversations/queue.ts';
import { offlineSince, type Standing } from './agents/presence.ts';
import type { AssignmentPolicyDoc } from './policies/model.ts';

/** Whether a conversation returns to the queue. */
export type ReturnVerdict =
  | { readonly kind: 'now' | 'never' }
  | { readonly kind: 'later'; readonly at: Date };

const dueAt = (at: Date, now: Date): ReturnVerdict => (at <= now ? { kind: 'now' } : { kind: 'later', at });

/** By time alone, if nobody has replied since it was assigned. */
export function returnsUnanswered(
  { assignment }: Pick<ConversationDoc, 'assignment'>,
  { returnAfterSeconds }: Pick<AssignmentPolicyDoc, 'returnAfterSeconds'>,
  now: Date,
): ReturnVerdict {
  if (assignment === undefined || returnAfterSeconds === undefined) return { kind: 'never' };
  return dueAt(new Date(assignment.at.getTime() + returnAfterSeconds * 1_000), now);
}

/** An agent who is not there. */
export interface Gone {
  readonly since: Date;
  readonly isDisabled: boolean;
}

export function goneFrom(standing: Standing, now: Date): Gone | null {
  const since = offlineSince(standing, now);
  return since === null ? null : { since, isDisabled: standing.disabledAt !== undefined };
}

interface Left {
  readonly conversation: Pick<ConversationDoc, 'assignment'>;
  readonly gone: Gone;
  /** The contact waits for an answer. */
  readonly isWaiting: boolean;
}

/** A disabled agent keeps nothing. One who is offline keeps what is answered, and has the grace for the rest. */
export function returnsFromGone(
  { conversation: { assignment }, gone, isWaiting }: Left,
  {
    offlineGraceSeconds,
    returnsAnswered,
  }: Pick<AssignmentPolicyDoc, 'offlineGraceSeconds' | 'returnsAnswered'>,
  now: Date,
): ReturnVerdict {
  if (gone.isDisabled) return { kind: 'now' };
  if (!isWaiting && !returnsAnswered) return { kind: 'never' };
  const begin = assignment !== undefined && assignment.at > gone.since ? assignment.at : gone.since;
  return dueAt(new Date(begin.getTime() + offlineGraceSeconds * 1_000), now);
}
