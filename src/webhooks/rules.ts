import { mayBeKeyword } from '../consent/words/rules.ts';

const messageKeys = /"messages"\s*:/;
const preferenceKeys = /"user_preferences"\s*:/;
const historyField = /"field"\s*:\s*"history"/;
const messageField = /"field"\s*:\s*"messages"/;

/** The backlog of a number: years of messages, and nobody waits for them. */
const isBacklog = (body: string): boolean => historyField.test(body) && !messageField.test(body);

/**
 * Whether an event may hold a message or preference of a contact. It may be an opt-out, so it must not wait behind
 * receipts. A backlog is urgent only if it may hold a STOP. Searches the unparsed text, to keep the request fast. JSON
 * escapes quotation marks, so content cannot look like a key; an event whose keys are escaped is only processed later.
 */
export const isUrgentBody = (body: string): boolean =>
  preferenceKeys.test(body) || (messageKeys.test(body) && (!isBacklog(body) || mayHoldKeyword(body)));

/** Whether an event may hold a STOP or START that is said now. */
const mayStop = (body: string): boolean =>
  preferenceKeys.test(body) || (messageKeys.test(body) && !isBacklog(body) && mayHoldKeyword(body));

/** Longer than an event waits in any intake that still works. */
const headStartMs = 60 * 60 * 1_000;

/**
 * When an event is due first. One that may hold a STOP counts as due for an hour already, so that it is taken first of
 * its source. Overtaking is safe: of the statements of a contact the one that was said last counts.
 */
export const firstDueAt = (body: string, now: Date): Date =>
  mayStop(body) ? new Date(now.getTime() - headStartMs) : now;

/** Whether a due event has the head start; an attempt ends it. */
export const hasHeadStart = (dueAt: Date | undefined, receivedAt: Date): boolean =>
  dueAt !== undefined && dueAt < receivedAt;

/** The tap of a button or list entry. A client's own words are not known here, so every tap counts. */
const tapKeys = /"(?:button|button_reply|list_reply)"\s*:\s*\{/;
/** The beginning of a text: if it goes on, then only with spaces. */
const textStart = /"(?:body|caption|text)"\s*:\s*"((?:[^"\\]|\\.){0,300})/g;
/** A cut escape at the end. */
const cutEscape = /\\u[\da-f]{0,3}$/i;
/** Texts of one body that are judged: far more than a body has that a person waits for. */
const maxTexts = 500;

function mayHoldKeyword(body: string): boolean {
  if (tapKeys.test(body)) return true;
  let count = 0;
  for (const [, text] of body.matchAll(textStart)) {
    count += 1;
    if (count > maxTexts) return false;
    if (mayBeKeyword(unescaped(String(text)))) return true;
  }
  return false;
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text.replace(cutEscape, '')}"`) as string;
  } catch {
    // Not JSON, so nothing can be read from the body later either.
    return text;
  }
}

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
  | {
      readonly kind: 'again';
      readonly delayMs: number;
      readonly reason: string;
      /** No step failed: everything was read, and what is open has no channel or message yet. */
      readonly isRead: boolean;
    }
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
  const open =
    outcomes.find(({ kind }) => kind === 'failed') ?? outcomes.find(({ kind }) => kind === 'unmatched');
  if (open !== undefined && 'reason' in open && ageMs < maxWaitMs) {
    return {
      kind: 'again',
      delayMs: backoffMs(attempts),
      reason: `${open.kind}: ${open.reason}`,
      isRead: open.kind !== 'failed',
    };
  }
  const failure = open ?? outcomes.find((outcome) => outcome.kind === 'invalid');
  if (failure === undefined || !('reason' in failure)) return { kind: 'done' };
  return { kind: 'dead', reason: `${failure.kind}: ${failure.reason}` };
}
