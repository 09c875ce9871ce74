/** Keys of messages and marketing preferences of contacts. */
const contactKeys = /"(?:messages|user_preferences)"\s*:/;

/**
 * Whether an event may hold a message or preference of a contact. It may be an opt-out, so it must not wait behind
 * receipts. Searches the unparsed text, to keep the request fast. JSON escapes quotation marks, so content cannot look
 * like a key; an event whose keys are escaped is only processed later.
 */
export const isUrgentBody = (body: string): boolean => contactKeys.test(body);

/** The outcome of one item of an event. */
export type ItemOutcome =
  | { readonly kind: 'done' }
  /** No channel or message matches it, or not yet. */
  | { readonly kind: 'unmatched'; readonly reason: string }
  /** A step failed, but may succeed later. */
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

/** An event is retried this long, as Meta does with a refused one. */
export const maxWaitMs = 36 * hourMs;
const maxDelayMs = 5 * minuteMs;

/** An event that is still unprocessed after this time is logged. */
export const unmatchedAlertMs = 15 * minuteMs;

/** Milliseconds before attempt `attempts` + 1: doubles from half a second to five minutes. */
export const backoffMs = (attempts: number): number =>
  Math.min((secondMs / 2) * 2 ** Math.max(0, attempts - 1), maxDelayMs);

/**
 * The verdict on an event after an attempt: `again` while an item may still succeed, `dead` if one never will or the
 * event is too old, otherwise `done`.
 */
export function judgeEvent(
  outcomes: readonly ItemOutcome[],
  { attempts, ageMs }: { attempts: number; ageMs: number },
): EventVerdict {
  const open = outcomes.find((outcome) => outcome.kind === 'failed' || outcome.kind === 'unmatched');
  if (open !== undefined && 'reason' in open && ageMs < maxWaitMs) {
    return { kind: 'again', delayMs: backoffMs(attempts), reason: `${open.kind}: ${open.reason}` };
  }
  const failure = open ?? outcomes.find((outcome) => outcome.kind === 'invalid');
  if (failure === undefined || !('reason' in failure)) return { kind: 'done' };
  return { kind: 'dead', reason: `${failure.kind}: ${failure.reason}` };
}
