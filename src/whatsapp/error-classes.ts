/**
 * Meta's error codes and what each means for the message. Pure.
 * Source: Meta's Cloud API error reference (pages of 2026-01 and 2026-09). Logic goes by the code; HTTP status and
 * title are not reliable, by Meta's own advice.
 */
export type ErrorClass =
  /** Not accepted for a passing reason: try again after a growing delay. */
  | 'retry'
  /** Not accepted, and a try within minutes would fail too: wait long. */
  | 'retry-later'
  /** This message can never be accepted. */
  | 'message'
  /** No message of this template can be accepted until the template is mended. */
  | 'template'
  /** The sender (number or business account) is blocked. */
  | 'sender'
  /** The access token or its rights are gone. */
  | 'credentials'
  /** The customer service window is closed: only a template may be sent. */
  | 'window'
  /** The marketing endpoint has to be used. */
  | 'marketing-endpoint';

export interface ErrorRule {
  readonly class: ErrorClass;
  readonly title: string;
  readonly advice: string;
  /** Provider calls in all; without it, the message's time to live is the bound. */
  readonly maxAttempts?: number;
  /** How the delay grows: `pair` is Meta's 4^X seconds for one recipient; the default doubles from 2 s. */
  readonly backoff?: 'pair' | 'minutes' | 'hour';
}

const fixRequest = 'Correct the content of the message; `detail` names the parameter.';
const fixTemplate = 'Synchronise the template and correct it before sending again.';
const reconnect = 'Give the channel a new access token with the messaging permission for this number.';
const askMeta = 'Open the number in WhatsApp Manager: it says what is blocked and until when.';
const register = 'Register the number again in WhatsApp Manager.';
const waits = 'Nothing to do: it is tried again by itself.';

const message = (title: string, advice = fixRequest): ErrorRule => ({ class: 'message', title, advice });
const template = (title: string, advice = fixTemplate): ErrorRule => ({ class: 'template', title, advice });
const sender = (title: string, advice = askMeta): ErrorRule => ({ class: 'sender', title, advice });
const credentials = (title: string): ErrorRule => ({ class: 'credentials', title, advice: reconnect });
const retry = (title: string, options: Partial<ErrorRule> = {}): ErrorRule => ({
  class: 'retry',
  title,
  advice: waits,
  ...options,
});
const retryLater = (title: string, backoff: 'minutes' | 'hour'): ErrorRule => ({
  class: 'retry-later',
  title,
  advice: waits,
  backoff,
});

export const errorRules: Readonly<Record<number, ErrorRule>> = {
  0: credentials('The access token is not valid'),
  1: retry('Invalid request or a fault at Meta', { maxAttempts: 3 }),
  2: retry('The API is down or overloaded'),
  3: credentials('A permission is missing'),
  4: retryLater('The app’s call limit is reached', 'hour'),
  10: credentials('The permission was not granted or was removed'),
  17: retryLater('The user’s call limit is reached', 'hour'),
  33: sender('The number was deleted or its id is wrong', 'Check the phone number id of the channel.'),
  100: message('A parameter is not valid'),
  104: credentials('The access token is missing'),
  190: credentials('The access token has expired'),
  368: sender('Blocked for a time for breaking a policy'),
  613: retryLater('The call limit is reached', 'hour'),
  80007: retryLater('The business account’s limit is reached', 'hour'),
  130403: message('You have blocked this person', 'Unblock the person first.'),
  130429: retry('The number’s throughput is reached'),
  130472: message(
    'The person is in an experiment of Meta',
    'Wait for the person to write; a resend gives the same answer.',
  ),
  130497: message('Messages to this country are not allowed for the business', askMeta),
  131000: retry('Something went wrong at Meta', { maxAttempts: 4 }),
  131005: credentials('Access is denied'),
  131008: message('A required parameter is missing'),
  131009: message('A parameter’s value is not valid'),
  131016: retry('The service is not available'),
  131021: message('Sender and recipient are the same', 'Choose another recipient.'),
  131026: message(
    'The message cannot be delivered',
    'The number may not be on WhatsApp, or its app is too old: check the number.',
  ),
  131030: message(
    'The recipient is not on the test list',
    'Add the number to the allowed recipients of the test number.',
  ),
  131031: sender('The account is locked'),
  131037: sender('The display name is not approved', 'Have the display name approved in WhatsApp Manager.'),
  131042: sender('There is a payment problem', 'Add or mend the payment method of the business account.'),
  131044: sender('There is no credit line', 'Add or mend the payment method of the business account.'),
  131045: sender('The number’s registration failed', register),
  131047: {
    class: 'window',
    title: 'The customer service window is closed',
    advice: 'Send an approved template instead.',
  },
  131048: sender(
    'The number is limited because people reported it as spam',
    'Stop sending for 24 h and review what is sent to whom.',
  ),
  131049: message('Meta holds marketing back from this person', 'Do not resend within 24 h.'),
  131050: message(
    'The person stopped marketing messages',
    'Record the opt-out; do not send marketing to this person.',
  ),
  131051: message('The message type is not supported'),
  131052: message('The person’s media cannot be downloaded', 'Ask the person to send it again.'),
  131053: message('The media could not be uploaded', 'Check type and size of the media.'),
  131055: message('This message is not allowed on this endpoint'),
  131056: retry('Too many messages to this person in a short time', { backoff: 'pair' }),
  131057: retryLater('The number is under maintenance', 'minutes'),
  131062: message('The message needs a phone number', 'Store the phone number of this contact.'),
  131063: {
    class: 'marketing-endpoint',
    title: 'Marketing is switched off on this endpoint',
    advice: 'Send it by the marketing messages API.',
  },
  131064: sender('Limited because templates were put in the wrong category'),
  132000: template('The number of variables does not match the template'),
  132001: template('The template does not exist in this language or is not approved'),
  132005: message('The text is too long once the variables are filled in', 'Shorten the variables.'),
  132007: template('The template breaks a content policy'),
  132008: message('A variable has the wrong format'),
  132012: message('A variable has the wrong format'),
  132015: template('The template is paused', 'Improve the template, or wait until Meta releases it.'),
  132016: template('The template is disabled', 'Make a new template.'),
  132018: message('A variable is not valid'),
  132068: template('The flow is blocked', 'Mend the flow in WhatsApp Manager.'),
  132069: retryLater('The flow is throttled', 'hour'),
  133000: sender('An earlier deregistration is not complete', register),
  133004: retry('The server is not available'),
  133005: sender('The two-step PIN is wrong', register),
  133006: sender('The number is not verified', register),
  133008: sender('Too many wrong PINs', register),
  133009: sender('The PIN was entered too fast', register),
  133010: sender('The number is not registered', register),
  133015: sender('The number is being deleted', 'Wait five minutes, then register it again.'),
  133016: sender('Too many registration attempts', register),
  134011: sender('The payment terms are not accepted', 'Accept them in WhatsApp Manager.'),
  134100: message('Only marketing templates are allowed here'),
  134101: retryLater('The template is being synchronised', 'minutes'),
  134102: template('The template is not available here'),
  135000: retry('A parameter of the request is not valid', { maxAttempts: 2 }),
  137000: message(
    'The person’s identity has changed',
    'Ask an agent to confirm the identity of the contact.',
  ),
  2494100: retryLater('The number is under maintenance', 'minutes'),
};

/** On-premises codes that old relays still send. */
const legacyCodes: Readonly<Record<number, number>> = { 470: 131047, 472: 130472 };

/** An error as the provider reported it, in an answer or in a `failed` receipt. */
export interface ProviderError {
  readonly code: number;
  readonly subcode?: number;
  /** HTTP status of the answer; absent for a receipt. */
  readonly httpStatus?: number;
  readonly isTransient?: boolean;
}

/** The rule for an error. Unknown codes: 200–299 are permissions; 5xx is repeated three times, 4xx never. */
export function ruleFor(error: ProviderError): ErrorRule {
  const code = legacyCodes[error.code] ?? error.code;
  if (code === 100 && error.subcode === 33)
    return credentials('The object does not exist or may not be used');
  const known = errorRules[code];
  if (error.isTransient === true && known?.class !== 'retry' && known?.class !== 'retry-later') {
    return retry(known?.title ?? 'A passing fault at Meta', { maxAttempts: 4 });
  }
  if (known !== undefined) return known;
  if (code >= 200 && code <= 299) return credentials('A permission is missing');
  if (error.httpStatus === 429) return retry('Too many requests');
  if ((error.httpStatus ?? 400) >= 500) return retry('An error that is not in the table', { maxAttempts: 4 });
  return message(
    'An error that is not in the table',
    'Look the code up in Meta’s error reference and report it.',
  );
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

const ladder = {
  doubling: { firstMs: 2 * secondMs, factor: 2, maxMs: 5 * minuteMs },
  pair: { firstMs: secondMs, factor: 4, maxMs: 256 * secondMs },
  minutes: { firstMs: 2 * minuteMs, factor: 2, maxMs: 15 * minuteMs },
  hour: { firstMs: 15 * minuteMs, factor: 2, maxMs: 60 * minuteMs },
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
  if (rule.maxAttempts !== undefined && attempt >= rule.maxAttempts) return null;
  const { firstMs, factor, maxMs } = ladder[rule.backoff ?? 'doubling'];
  const planned = Math.min(firstMs * factor ** (attempt - 1), maxMs);
  const asked = retryAfterMs === undefined ? planned : Math.max(retryAfterMs, secondMs);
  return Math.round(asked * (1 + jitter * 0.25));
}
