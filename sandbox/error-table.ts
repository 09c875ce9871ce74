/** Meta's documented error codes, with their HTTP status, title and details. */

export interface GraphErrorKind {
  readonly status: number;
  readonly title: string;
  readonly details?: string;
  readonly subcode?: number;
}

type Row = readonly [code: number, status: number, title: string, details?: string];

// Codes that Meta sends only by webhook have the status 400, for scripted answers.
const ROWS: readonly Row[] = [
  [0, 401, 'AuthException', 'We were unable to authenticate the app user.'],
  [1, 400, 'API Unknown', 'Invalid request or possible server error.'],
  [2, 503, 'API Service', 'Temporary due to downtime or due to being overloaded.'],
  [3, 500, 'API Method', 'Capability or permissions issue.'],
  [4, 400, 'API Too Many Calls', 'The app has reached its API call rate limit.'],
  [10, 403, 'Permission Denied', 'Permission is either not granted or has been removed.'],
  [17, 400, 'User request limit reached', 'The user has reached the limit of calls.'],
  [33, 400, 'Parameter value is not valid', 'The business phone number has been deleted.'],
  [100, 400, 'Invalid parameter'],
  [104, 401, 'An access token is required to request this resource.'],
  [190, 401, 'Error validating access token.', 'The access token has expired.'],
  [368, 403, 'Temporarily blocked for policies violations'],
  [470, 400, 'Message failed to send because the conversation window is closed.'],
  [472, 400, 'User is part of an experiment'],
  [613, 400, 'Calls to this api have exceeded the rate limit.'],
  [80007, 400, 'Rate limit issues', 'The WhatsApp Business Account has reached its rate limit.'],
  [130403, 400, 'User is blocked', 'This user has been blocked by the business.'],
  [
    130429,
    400,
    'Rate limit hit',
    'Message failed to send because there were too many messages sent from this phone number.',
  ],
  [130472, 400, "User's number is part of an experiment"],
  [130497, 403, 'Business account is restricted from messaging users in this country.'],
  [131000, 500, 'Something went wrong', 'Message failed to send due to an unknown error.'],
  [131005, 403, 'Access denied', 'Permission is either not granted or has been removed.'],
  [131008, 400, 'Required parameter is missing'],
  [131009, 400, 'Parameter value is not valid'],
  [131016, 500, 'Service unavailable', 'A service is temporarily unavailable.'],
  [131021, 400, 'Recipient cannot be sender'],
  [131026, 400, 'Message undeliverable', 'Message Undeliverable.'],
  [131030, 400, 'Recipient phone number not in allowed list'],
  [131031, 403, 'Account has been locked', 'The account is restricted or disabled, or the PIN is wrong.'],
  [131037, 400, 'Display name approval needed before messages can be sent.'],
  [131042, 400, 'Business eligibility payment issue', 'There is an error with the payment method.'],
  [131044, 400, 'Business eligibility payment issue', 'The account has no credit line.'],
  [131045, 500, 'Incorrect certificate', 'Message failed to send due to a registration error.'],
  [
    131047,
    400,
    'Re-engagement message',
    'More than 24 hours have passed since the recipient last replied to the sender number.',
  ],
  [131048, 400, 'Spam rate limit hit', 'There are restrictions on how many messages this number can send.'],
  [
    131049,
    400,
    'Meta chose not to deliver',
    'This message was not delivered to maintain healthy ecosystem engagement.',
  ],
  [131050, 400, 'User has stopped marketing messages from this business'],
  [131051, 400, 'Unsupported message type'],
  [131052, 400, 'Media download error', 'The media that the user sent cannot be downloaded.'],
  [131053, 400, 'Media upload error', 'The media of the message cannot be uploaded.'],
  [131055, 400, 'Method not allowed', 'This message is not supported by this endpoint.'],
  [
    131056,
    400,
    '(Business Account, Consumer Account) pair rate limit hit',
    'Too many messages sent from the sender phone number to the same recipient phone number.',
  ],
  [131057, 500, 'Account in maintenance mode'],
  [131059, 400, 'Invalid paging cursor'],
  [131062, 400, 'Business-scoped user ID recipients are not supported for this message.'],
  [131063, 400, 'Marketing messages are disabled on Cloud API for this account.'],
  [131064, 400, 'Account is limited for template misclassification'],
  [132000, 400, 'Number of parameters does not match the expected number of params'],
  [
    132001,
    404,
    'Template name does not exist in the translation',
    'The template does not exist in the given language or has not been approved.',
  ],
  [132005, 400, 'Translated text too long'],
  [132007, 400, 'Template content policy violated'],
  [132008, 400, 'Template parameter format mismatch'],
  [132012, 400, 'Parameter format does not match format in the created template'],
  [132015, 400, 'Template is paused', 'The template is paused due to low quality and cannot be sent.'],
  [132016, 400, 'Template is disabled', 'The template was paused too often and is disabled for good.'],
  [132018, 400, 'Template parameters are not valid'],
  [132068, 400, 'Flow is blocked'],
  [132069, 400, 'Flow is throttled'],
  [133000, 500, 'Incomplete deregistration'],
  [133004, 503, 'Server temporarily unavailable'],
  [133005, 400, 'Two step verification PIN mismatch'],
  [133006, 400, 'Phone number re-verification needed'],
  [133008, 400, 'Too many two step verification PIN guesses'],
  [133009, 400, 'Two step verification PIN guessed too fast'],
  [133010, 400, 'Phone number not registered'],
  [133015, 400, 'Please wait a few minutes before attempting to register this phone number'],
  [133016, 400, 'Account register/deregister rate limit exceeded'],
  [134011, 400, 'WhatsApp payments terms of service have not been accepted'],
  [134100, 400, 'Only marketing templates are supported by this endpoint'],
  [134101, 400, 'Template is syncing', 'The template is being synced. Try again in ten minutes.'],
  [134102, 500, 'Template is unavailable for this endpoint'],
  [135000, 400, 'Generic user error', 'Message failed to send because of the request parameters.'],
  [137000, 400, 'Recipient identity key hash does not match'],
  [138000, 400, 'Calling is not enabled'],
  [139000, 400, 'Blocked by integrity'],
  [139101, 400, 'Block list limit reached'],
  [147000, 400, 'Username is not available'],
  [200005, 400, 'Template insights are not available yet'],
  [200006, 400, 'Template insights cannot be disabled'],
  [200007, 400, 'Template insights are not enabled'],
  [2388019, 400, 'Message template limit exceeded'],
  [2388024, 400, 'Message template content already exists'],
  [2388039, 400, 'Message template edit limit exceeded'],
  [2388040, 400, 'Character limit exceeded'],
  [2388047, 400, 'Message header format is incorrect'],
  [2388072, 400, 'Message body format is incorrect'],
  [2388073, 400, 'Message footer format is incorrect'],
  [2388293, 400, 'Parameter words ratio exceeds limit'],
  [2388299, 400, 'Leading or trailing params not allowed'],
  [2494100, 500, 'Phone number in maintenance mode'],
  [2593107, 400, 'Synchronization request limit exceeded'],
  [2593108, 400, 'Synchronization request is outside of the allowed time'],
];

const KINDS: ReadonlyMap<number, GraphErrorKind> = new Map(
  ROWS.map(([code, status, title, details]) => [
    code,
    {
      status,
      title,
      ...(details === undefined ? {} : { details }),
      ...(code === 190 ? { subcode: 463 } : {}),
    },
  ]),
);

/** Title and details by code and subcode. */
const SUBCODES: ReadonlyMap<string, Pick<GraphErrorKind, 'title' | 'details'>> = new Map([
  [
    '100/33',
    {
      title: 'Unsupported request',
      details:
        'The object does not exist, cannot be loaded due to missing permissions, or lacks this operation.',
    },
  ],
  ['190/463', { title: 'Error validating access token: Session has expired.' }],
  [
    '190/467',
    {
      title: 'Error validating access token: The session is invalid.',
      details: 'The token was invalidated.',
    },
  ],
]);

const TRANSIENT = new Set([2, 131016, 131057, 133004, 2494100]);

export const isTransient = (code: number): boolean => TRANSIENT.has(code);

/** Codes that Meta documents as a range, and unlisted codes such as those of the old on-premises API. */
function kindOfRange(code: number): GraphErrorKind {
  if (code >= 200 && code <= 299) return { status: 403, title: 'API Permission' };
  return { status: 400, title: 'Error' };
}

export function kindOf(code: number, subcode?: number): GraphErrorKind {
  const kind = KINDS.get(code) ?? kindOfRange(code);
  const actual = subcode ?? kind.subcode;
  return actual === undefined ? kind : { ...kind, ...SUBCODES.get(`${code}/${actual}`), subcode: actual };
}
