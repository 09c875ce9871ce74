import type { ErrorRule } from './error-rule.ts';

/**
 * The rule for each of Meta's error codes.
 * Source: Meta's Cloud API error reference (pages of 2026-01 and 2026-09).
 */
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

const fixRequest = 'Correct the content of the message; `detail` names the parameter.';
const fixTemplate = 'Synchronise the template and correct it before sending again.';
const reconnect = 'Give the channel a new access token with the messaging permission for this number.';
const askMeta = 'Open the number in WhatsApp Manager to see what is blocked and until when.';
const register = 'Register the number again in WhatsApp Manager.';
/** For transient errors: the calls are used up, or a receipt reported the failure of an accepted message. */
export const sendAgain =
  'Retry the message, unless an automatic retry has already followed (`retriedBy` names it).';
const ofRelays = 'Look up the code in the error list of the relay; WhatsApp no longer uses it.';
const ofManagement = 'This code is not about messages; report how a message came to get it.';

export const message = (title: string, advice = fixRequest): ErrorRule => ({
  class: 'message',
  title,
  advice,
});
const template = (title: string, advice = fixTemplate): ErrorRule => ({
  class: 'template',
  title,
  advice,
  template: 'resync',
});
/** The message cannot succeed, and our copy of its template may be out of date. */
const variable = (title: string): ErrorRule => ({ ...message(title), template: 'resync' });
const sender = (title: string, advice = askMeta): ErrorRule => ({ class: 'sender', title, advice });
export const credentials = (title: string): ErrorRule => ({ class: 'credentials', title, advice: reconnect });
export const retry = (title: string, options: Partial<ErrorRule> = {}): ErrorRule => ({
  class: 'retry',
  title,
  advice: sendAgain,
  ...options,
});
const retryLater = (title: string, backoff: NonNullable<ErrorRule['backoff']>): ErrorRule => ({
  class: 'retry-later',
  title,
  advice: sendAgain,
  backoff,
});

export const errorRules: Readonly<Record<number, ErrorRule>> = {
  0: credentials('The access token is not valid'),
  1: retry('Invalid request, or an error at Meta', { maxAttempts: 3 }),
  2: retry('The API is down or overloaded'),
  3: credentials('A permission is missing'),
  4: retryLater('The app’s call limit is reached', 'hour'),
  10: credentials('The permission was not granted or was removed'),
  17: retryLater('The user’s call limit is reached', 'hour'),
  33: sender('The number was deleted or its id is wrong', 'Check the phone number id of the channel.'),
  100: message('A parameter is not valid'),
  104: credentials('The access token is missing'),
  190: credentials('The access token has expired'),
  368: sender('Temporarily blocked for a policy violation'),
  613: retryLater('The call limit is reached', 'hour'),
  80007: retryLater('The business account’s limit is reached', 'hour'),
  130403: message('You have blocked this person', 'Unblock the person first.'),
  130429: retry('The number’s throughput is reached', { slows: 'channel' }),
  130472: message(
    'The person is part of an experiment by Meta',
    'Wait until the person writes; a new message would fail with the same error.',
  ),
  130497: message('Messages to this country are not allowed for the business', askMeta),
  131000: retry('Something went wrong at Meta', { maxAttempts: 4 }),
  131005: credentials('Access is denied'),
  131008: message('A required parameter is missing'),
  131009: message('A parameter’s value is not valid'),
  131016: retry('The service is not available'),
  131021: message('Sender and recipient are the same', 'Choose another recipient.'),
  131026: {
    ...message(
      'The message cannot be delivered',
      'Check the number: it may not be on WhatsApp, or its app may be too old. The contact shows the number as suspect ' +
        'until a message reaches it.',
    ),
    suspectsNumber: true,
  },
  131030: message(
    'The recipient is not on the test list',
    'Add the number to the allowed recipients of the test number.',
  ),
  131031: sender('The account is locked'),
  131037: sender('The display name is not approved', 'Have the display name approved in WhatsApp Manager.'),
  131042: sender('There is a payment problem', 'Add or correct the payment method of the business account.'),
  131044: sender(
    'The account has no credit line',
    'Add or correct the payment method of the business account.',
  ),
  131045: sender('The number’s registration failed', register),
  131047: {
    class: 'window',
    title: 'The customer service window is closed',
    advice: 'Send an approved template instead.',
  },
  131048: {
    ...sender(
      'The number is restricted after spam reports',
      'Review your recipients and content. The channel stays paused for at least 24 h, and messages whose time to live ' +
        'ends before that expire; an admin can resume the channel earlier.',
    ),
    pauseMs: dayMs,
  },
  131049: {
    class: 'retry-later',
    title: 'Meta limits marketing messages to this person',
    advice:
      'An automatic retry follows after 24 h (`retriedBy` names it), at most twice, unless the message has expired by ' +
      'then. A message sent before that would fail as well.',
    automaticRetry: { afterMs: dayMs + 5 * minuteMs, max: 2 },
  },
  131050: {
    ...message(
      'The person stopped marketing messages',
      'The opt-out was recorded; do not send marketing to this person.',
    ),
    stopsMarketing: true,
  },
  131051: message('The message type is not supported'),
  131052: message('The person’s media cannot be downloaded', 'Ask the person to send it again.'),
  131053: message('The media could not be uploaded', 'Check type and size of the media.'),
  131055: message('This message is not allowed on this endpoint'),
  131056: retry('Too many messages to this person in a short time', { backoff: 'pair', slows: 'pair' }),
  131057: retryLater('The number is under maintenance', 'minutes'),
  131059: message('The paging cursor is not valid', ofManagement),
  131062: message('The message needs a phone number', 'Store the phone number of this contact.'),
  131063: {
    class: 'marketing-endpoint',
    title: 'Marketing is switched off on this endpoint',
    advice: 'Send it through the Marketing Messages API.',
  },
  131064: sender('Restricted for templates in the wrong category'),
  132000: template('The number of variables does not match the template'),
  132001: template('The template does not exist in this language or is not approved'),
  132005: message('The text is too long once the variables are filled in', 'Shorten the variables.'),
  132007: template('The template breaks a content policy'),
  132008: variable('A variable has the wrong format'),
  132012: variable('A variable has the wrong format'),
  132015: {
    ...template('The template is paused', 'Improve the template, or wait until Meta releases it.'),
    template: 'paused',
  },
  132016: { ...template('The template is disabled', 'Create a new template.'), template: 'disabled' },
  132018: variable('A variable is not valid'),
  132068: template('The flow is blocked', 'Correct the flow in WhatsApp Manager.'),
  132069: retryLater('The flow is throttled', 'full-hour'),
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
  134101: retryLater('The template is being synchronised', 'ten-minutes'),
  134102: template('The template is not available here'),
  135000: retry('A parameter of the request is not valid', { maxAttempts: 2 }),
  137000: message(
    'The person’s identity has changed',
    'Ask an agent to confirm the identity of the contact.',
  ),
  2494100: retryLater('The number is under maintenance', 'minutes'),
};

/** A range of codes with one rule, both ends included; `errorRules` has precedence. */
export interface ErrorRange {
  readonly first: number;
  readonly last: number;
  readonly rule: ErrorRule;
}

export const errorRanges: readonly ErrorRange[] = [
  { first: 200, last: 299, rule: credentials('A permission is missing') },
  { first: 400, last: 599, rule: message('Error code of old relays', ofRelays) },
  { first: 1000, last: 1031, rule: message('Error code of old relays', ofRelays) },
  { first: 138000, last: 138999, rule: message('Error code of calls', ofManagement) },
  { first: 139000, last: 139999, rule: message('Error code of flows and the block list', ofManagement) },
  { first: 147000, last: 147999, rule: message('Error code of usernames', ofManagement) },
  { first: 200005, last: 200007, rule: message('Error code of template analytics', ofManagement) },
  {
    first: 2388000,
    last: 2388999,
    rule: message('Error code of template management', ofManagement),
  },
  { first: 2593107, last: 2593108, rule: message('Error code of synchronisation', ofManagement) },
];
