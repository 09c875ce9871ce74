import type { LastWords } from './last-words.ts';

/** An open conversation in which nobody has said anything for a while. */
export interface Silence {
  /** The latest message of either side. */
  readonly lastMessageAt: Date;
  /** The latest change of status or assignment; null if there was none. */
  readonly decidedAt: Date | null;
  readonly words: LastWords;
}

export type AfterSilence =
  | { readonly kind: 'close' }
  | { readonly kind: 'later'; readonly at: Date }
  /** A person has to do something first: answer, or look after a message that failed. */
  | { readonly kind: 'keep' };

const hourMs = 60 * 60 * 1_000;

/** The hours count from our last message, or from a later change by which somebody took the conversation up again. */
export function afterSilence(
  { lastMessageAt, decidedAt, words }: Silence,
  hours: number,
  now: Date,
): AfterSilence {
  const { askedAt, answeredAt, oursAt } = words;
  if (oursAt === null || waits(askedAt, answeredAt)) return { kind: 'keep' };
  const since = Math.max(...[oursAt, lastMessageAt, decidedAt ?? oursAt].map((at) => at.getTime()));
  const at = new Date(since + hours * hourMs);
  return at <= now ? { kind: 'close' } : { kind: 'later', at };
}

const secondMs = 1_000;

/** As service levels count: an answer within the second of a message is to an earlier one. */
const waits = (askedAt: Date | null, answeredAt: Date | null): boolean =>
  askedAt !== null && (answeredAt === null || answeredAt.getTime() < askedAt.getTime() + secondMs);

/**
 * Until when everything that the contact wrote is answered, once the conversation is closed: a message with a later time
 * was not known. The provider's times are whole seconds.
 */
export const answeredUntil = (lastMessageAt: Date): Date => new Date(lastMessageAt.getTime() - secondMs);

const minuteMs = 60_000;
const minLookMs = 5 * minuteMs;
const maxLookMs = 60 * minuteMs;

/** When to look again: when the next conversation may close, but neither all the time nor hours later. */
export function nextLook(times: readonly Date[], now: Date): Date {
  const first = Math.min(...times.map((at) => at.getTime()), now.getTime() + maxLookMs);
  return new Date(Math.max(first, now.getTime() + minLookMs));
}
