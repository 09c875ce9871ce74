import { credentials, errorRanges, errorRules, message, retry, sendAgain } from './error-table.ts';
import type { ErrorRule, AutomaticRetryRule } from './error-rule.ts';

export type { ErrorClass, ErrorRule } from './error-rule.ts';

/**
 * Provider calls of one message, whatever the errors: with the longest ladder that is a day. A message that needs
 * more is stuck on something that waiting does not mend.
 */
export const maxProviderCalls = 300;

/** On-premises codes that old relays still send, where one of today means the same. */
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

/** An error as the provider reported it, in an answer or in a `failed` receipt. */
export interface ProviderError {
  readonly code: number;
  readonly subcode?: number;
  /** HTTP status of the answer; absent for a receipt. */
  readonly httpStatus?: number;
  readonly isTransient?: boolean;
  /** What the provider says besides; some codes mean one thing or another by it. */
  readonly detail?: string;
  /** Which endpoint was called; absent for a receipt. */
  readonly endpoint?: 'messages' | 'marketing';
}

/** Meta's marketing endpoint refuses parameters of a template that it has not read yet. */
const justSynchronised: ErrorRule = {
  class: 'retry-later',
  title: 'The template is being synchronised',
  advice: sendAgain,
  backoff: 'ten-minutes',
};

/** Meta could not fetch the media from its address: its host answered 429 or 5xx. */
const mediaHostAway: ErrorRule = {
  class: 'retry',
  title: 'The host of the media did not deliver it',
  advice: `Check the address of the media. ${sendAgain}`,
  maxAttempts: 4,
  automaticRetry: { afterMs: 60_000, max: 2 },
};

/** The rule for an error. Of codes that nobody knows 5xx is repeated three times, 4xx never. */
export function ruleFor(error: ProviderError): ErrorRule {
  // Without a code of Meta's, the HTTP status stands for it: that is no code of a relay.
  const isBareStatus = error.code === error.httpStatus;
  const code = isBareStatus ? error.code : (legacyCodes[error.code] ?? error.code);
  if (code === 100 && error.subcode === 33)
    return credentials('The object does not exist or may not be used');
  if (code === 131009 && error.endpoint === 'marketing') return justSynchronised;
  if (code === 131053 && /\b(429|5\d\d)\b/.test(error.detail ?? '')) return mediaHostAway;
  const known = isBareStatus ? undefined : knownRuleOf(code);
  if (error.isTransient === true && known?.class !== 'retry' && known?.class !== 'retry-later') {
    return retry(known?.title ?? 'A passing fault at Meta', { maxAttempts: 4 });
  }
  if (known !== undefined) return known;
  if (error.httpStatus === 429) return retry('Too many requests');
  if ((error.httpStatus ?? 400) >= 500) return retry('An error that is not in the table', { maxAttempts: 4 });
  return message(
    'An error that is not in the table',
    'Look the code up in Meta’s error reference and report it.',
  );
}

const knownRuleOf = (code: number): ErrorRule | undefined =>
  errorRules[code] ?? errorRanges.find(({ first, last }) => code >= first && code <= last)?.rule;

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

const ladder = {
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
  /** What the provider asked for in `Retry-After`. */
  readonly retryAfterMs?: number;
  /** In [0, 1): spreads those who were refused together. */
  readonly jitter: number;
}

/**
 * Milliseconds to wait before the next call, or null when there must be none. The provider's `Retry-After` goes
 * before our own ladder; jitter only ever adds, so that it is never undercut.
 */
export function planRetry({ rule, attempt, retryAfterMs, jitter }: RetryQuestion): number | null {
  if (rule.class !== 'retry' && rule.class !== 'retry-later') return null;
  // What only a new message after a long time can mend is not waited for by this one.
  if (rule.class === 'retry-later' && rule.automaticRetry !== undefined) return null;
  if (attempt >= maxProviderCalls) return null;
  if (rule.maxAttempts !== undefined && attempt >= rule.maxAttempts) return null;
  const { firstMs, factor, maxMs } = ladder[rule.backoff ?? 'doubling'];
  const planned = Math.min(firstMs * factor ** (attempt - 1), maxMs);
  const asked = retryAfterMs === undefined ? planned : Math.max(retryAfterMs, secondMs);
  return Math.round(asked * (1 + jitter * 0.25));
}

const dayMs = 24 * 60 * minuteMs;

/** New messages in place of one that Meta has taken and then reported as failed for a passing reason. */
const maxAutomaticRetries = 3;

/**
 * The new message that follows one which has ended with this error; null: none. A call that is refused is repeated by
 * the message itself, and when its calls are used up it has really failed. A `failed` receipt comes when the message
 * has left and can be called no more: what would have been its next calls are new messages. A paused template's
 * new message waits at the gate of the template.
 */
export function automaticRetryAfter(
  rule: ErrorRule,
  toldBy: 'answer' | 'receipt',
): AutomaticRetryRule | null {
  if (rule.automaticRetry !== undefined) return rule.automaticRetry;
  if (toldBy === 'answer') return null;
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
