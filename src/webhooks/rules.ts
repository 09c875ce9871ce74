/** Keys that hold what people have said: their messages, and their switch for marketing. */
const wordsOfPeople = /"(?:messages|user_preferences)"\s*:/;

/**
 * Whether an event may hold the word of a person, which must not wait behind receipts: it may be STOP. Judged by the text,
 * unparsed, where the request stores it. A quotation mark inside of a text is escaped, so that no content can look like
 * a key; a key that is written with escapes goes the usual way.
 */
export const isUrgentBody = (body: string): boolean => wordsOfPeople.test(body);

/** What became of one item of an event. */
export type ItemOutcome =
  | { readonly kind: 'done' }
  /** It names nothing that we have yet: the message may not be stored, or belongs to nobody. */
  | { readonly kind: 'unmatched'; readonly reason: string }
  /** A step failed, and may work later. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** It can never be processed. */
  | { readonly kind: 'invalid'; readonly reason: string };

export type EventVerdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly delayMs: number; readonly reason: string }
  | { readonly kind: 'dead'; readonly reason: string };

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** How long an event is tried: as long as Meta itself would repeat one that we had refused. */
export const maxWaitMs = 36 * hourMs;
const maxDelayMs = 5 * minuteMs;

/** After this long an event that matches nothing is worth a look. */
export const unmatchedAlertMs = 15 * minuteMs;

/** Milliseconds before try number `attempts` + 1: doubling from half a second to five minutes. */
export const backoffMs = (attempts: number): number =>
  Math.min((secondMs / 2) * 2 ** Math.max(0, attempts - 1), maxDelayMs);

/**
 * What becomes of an event once each of its items was handled: done when all are; tried again while one may still
 * work; a dead letter when one never will, or when it was tried for long enough.
 */
export function judgeEvent(
  outcomes: readonly ItemOutcome[],
  { attempts, ageMs }: { attempts: number; ageMs: number },
): EventVerdict {
  const open = outcomes.find((outcome) => outcome.kind === 'failed' || outcome.kind === 'unmatched');
  if (open !== undefined && 'reason' in open && ageMs < maxWaitMs) {
    return { kind: 'again', delayMs: backoffMs(attempts), reason: `${open.kind}: ${open.reason}` };
  }
  const hopeless = open ?? outcomes.find((outcome) => outcome.kind === 'invalid');
  if (hopeless === undefined || !('reason' in hopeless)) return { kind: 'done' };
  return { kind: 'dead', reason: `${hopeless.kind}: ${hopeless.reason}` };
}
