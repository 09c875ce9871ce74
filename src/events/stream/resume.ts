import type { ResetReason } from './frames.ts';

/** A client that is further behind loads faster what it shows than it reads the events. */
export const maxReplay = 100_000;

export type Resume =
  | { readonly from: number; readonly reset?: never }
  /** Continue at the head, after a reset. */
  | { readonly from: number; readonly reset: ResetReason };

/**
 * Where a stream begins: after the last event that the client has, or at the head for a new client. An id that is not
 * ours is never refused, because a browser would give up for good. Pure.
 */
export function decideResume(lastEventId: string | undefined, head: number): Resume {
  if (lastEventId === undefined || lastEventId === '') return { from: head };
  const last = /^(?:0|[1-9]\d{0,14})$/.test(lastEventId) ? Number(lastEventId) : undefined;
  if (last === undefined || last > head) return { from: head, reset: 'unknown' };
  return head - last > maxReplay ? { from: head, reset: 'too-old' } : { from: last };
}

/** Whether the events after `position` are all there: numbers have no gap, so the next one shows it. Pure. */
export const hasExpired = (position: number, next: number | undefined, head: number): boolean =>
  next === undefined ? position < head : next !== position + 1;
