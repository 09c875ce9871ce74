import { credentials, errorRanges, errorRules, message, retry, sendAgain } from './error-table.ts';
import type { ErrorRule, AutomaticRetryRule } from './error-rule.ts';

export type { ErrorClass, ErrorRule } from './error-rule.ts';

/**
 * The limit of provider calls for one message, whatever the errors; with the slowest backoff they take a day. A message
 * that needs more has a problem that waiting does not solve.
 */
export const maxProviderCalls = 300;

/** Codes of the on-premises API that old relays still send, with their current equivalents. */
export const legacyCodes: Readonly<Record<number, number>> = {
  470: 131047,
  471: 131048,
  472: 130472,
  480: 137000,
  500: 131000,
  501: 131051,
  503: 131016,
  1000: 131000,
  1005: 131005,
  1008: 131008,
  1009: 131009,
  1013: 131026,
  1014: 131000,
  1015: 130429,
  1016: 131016,
  1026: 131026,
};

/** An error that the provider reported in an answer or in a `failed` receipt. */
export interface ProviderError {
  readonly code: number;
  readonly subcode?: number;
  /** The HTTP status of the answer; absent for a receipt. */
  readonly httpStatus?: number;
  readonly isTransient?: boolean;
  /** The provider's explanation; the meaning of some codes depends on it. */
  readonly detail?: string;
  /** The endpoint that was called; absent for a receipt. */
  readonly endpoint?: 'messages' | 'marketing';
}

/** Meta's marketing endpoint refuses the parameters of a template that it has not synchronised yet. */
const justSynchronised: ErrorRule = {
  class: 'retry-later',
  title: 'The template is being synchronised',
  advice: sendAgain,
  backoff: 'ten-minutes',
};

/** Meta could not fetch the media: its host answered 429 or 5xx. */
const mediaHostAway: ErrorRule = {
  class: 'retry',
  title: 'The media host did not deliver the file',
  advice: `Check the address of the media. ${sendAgain}`,
  maxAttempts: 4,
  automaticRetry: { afterMs: 60_000, max: 2 },
};

/** The rule for an error. Unknown codes are retried three times with HTTP 5xx, and never with 4xx. */
export function ruleFor(error: ProviderError): ErrorRule {
  // Without a code from Meta, `code` is the HTTP status and must not be read as a relay's code.
  const isBareStatus = error.code === error.httpStatus;
  const code = isBareStatus ? error.code : (legacyCodes[error.code] ?? error.code);
  if (code === 100 && error.subcode === 33)
    return credentials('The object does not exist or is not accessible');
  if (code === 131009 && error.endpoint === 'marketing') return justSynchronised;
  if (code === 131053 && /\b(429|5\d\d)\b/.test(error.detail ?? '')) return mediaHostAway;
  const known = isBareStatus ? undefined : knownRuleOf(code);
  if (error.isTransient === true && known?.class !== 'retry' && known?.class !== 'retry-later') {
    return retry(known?.title ?? 'Transient error at Meta', { maxAttempts: 4 });
  }
  if (known !== undefined) return known;
  if (error.httpStatus === 429) return retry('Too many requests');
  if ((error.httpStatus ?? 400) >= 500) return retry('Unknown error code', { maxAttempts: 4 });
  return message('Unknown error code', 'Look up the code in Meta’s error reference and report it.');
}

const knownRuleOf = (code: number): ErrorRule | undefined =>
  errorRules[code] ?? errorRanges.find(({ first, last }) => code >= first && code <= last)?.rule;

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

const backoffs = {
  doubling: { firstMs: 2 * secondMs, factor: 2, maxMs: 5 * minuteMs },
  pair: { firstMs: secondMs, factor: 4, maxMs: 256 * secondMs },
  'ten-minutes': { firstMs: 10 * minuteMs, factor: 1, maxMs: 10 * minuteMs },
  minutes: { firstMs: 2 * minuteMs, factor: 2, maxMs: 15 * minuteMs },
  hour: { firstMs: 15 * minuteMs, factor: 2, maxMs: 60 * minuteMs },
  'full-hour': { firstMs: 60 * minuteMs, factor: 1, maxMs: 60 * minuteMs },
} as const;

export interface RetryQuestion {
  readonly rule: ErrorRule;
  /** Provider calls made so far, at least 1. */
  readonly attempt: number;
  /** The provider's `Retry-After`. */
  readonly retryAfterMs?: number;
  /** In [0, 1): spreads messages that were refused together. */
  readonly jitter: number;
}

/**
 * Milliseconds to wait before the next call; null if there must be none. The provider's `Retry-After` replaces our own
 * backoff. Jitter only adds, so that the wait is never shorter than `Retry-After`.
 */
export function planRetry({ rule, attempt, retryAfterMs, jitter }: RetryQuestion): number | null {
  if (rule.class !== 'retry' && rule.class !== 'retry-later') return null;
  // Such an error ends the message: its automatic retry replaces the wait.
  if (rule.class === 'retry-later' && rule.automaticRetry !== undefined) return null;
  if (attempt >= maxProviderCalls) return null;
  if (rule.maxAttempts !== undefined && attempt >= rule.maxAttempts) return null;
  const { firstMs, factor, maxMs } = backoffs[rule.backoff ?? 'doubling'];
  const planned = Math.min(firstMs * factor ** (attempt - 1), maxMs);
  const asked = retryAfterMs === undefined ? planned : Math.max(retryAfterMs, secondMs);
  return Math.round(asked * (1 + jitter * 0.25));
}

const dayMs = 24 * 60 * minuteMs;

/** Automatic retries of a message that Meta accepted and then reported as failed for a transient reason. */
const maxAutomaticRetries = 3;

/**
 * The automatic retry after a message has failed with this error; null for none. After a refusal in an answer, the
 * message repeats its own call until its calls are used up. After a `failed` receipt the message has already left and
 * cannot be sent again, so each further try is a new message. If the template is paused, the new message waits at the
 * template's gate.
 */
export function automaticRetryAfter(
  rule: ErrorRule,
  reportedBy: 'answer' | 'receipt',
): AutomaticRetryRule | null {
  if (rule.automaticRetry !== undefined) return rule.automaticRetry;
  if (reportedBy === 'answer') return null;
  if (rule.template === 'paused') return { afterMs: minuteMs, max: 1, withinMs: dayMs };
  const firstMs = planRetry({ rule, attempt: 1, jitter: 0 });
  if (firstMs === null) return null;
  return {
    afterMs: Math.max(firstMs, minuteMs),
    max: Math.min((rule.maxAttempts ?? Number.POSITIVE_INFINITY) - 1, maxAutomaticRetries),
    factor: 4,
    withinMs: dayMs,
  };
}
