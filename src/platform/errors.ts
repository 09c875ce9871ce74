/**
 * Every failure that the product raises on purpose towards a caller; `src/http/problems.ts` answers them as
 * RFC 9457 problem details. What fails inside a workflow has the provider's code instead (`messages/rules.ts`).
 */
export interface ProblemDefinition {
  readonly status: number;
  readonly title: string;
  /** Whether the same request may succeed later without a change by the caller; shown on the problem's page. */
  readonly retry: boolean;
  /** What the reader can do about it; printed on the problem's page. */
  readonly advice: string;
}

export const problems = {
  'invalid-input': {
    status: 400,
    title: 'The request is not valid',
    retry: false,
    advice: 'Correct every entry of `errors`; each names its path. Nothing was stored.',
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not JSON',
    retry: false,
    advice: 'Send one JSON object encoded in UTF-8.',
  },
  unauthenticated: {
    status: 401,
    title: 'Sign in first',
    retry: false,
    advice: 'Send `Authorization: Bearer <accessToken>`; refresh or log in again when it has expired.',
  },
  'invalid-credentials': {
    status: 401,
    title: 'E-mail or password is wrong',
    retry: false,
    advice: 'Check both, or reset the password.',
  },
  'invalid-signature': {
    status: 401,
    title: 'The webhook signature does not match',
    retry: false,
    advice:
      'Sign the exact bytes of the body with the app secret (HMAC-SHA256, header `X-Hub-Signature-256`) and check WHATSAPP_APP_SECRETS.',
  },
  'verify-token-mismatch': {
    status: 403,
    title: 'The verify token does not match',
    retry: false,
    advice: 'Enter the value of WEBHOOK_VERIFY_TOKEN in the provider’s webhook settings.',
  },
  forbidden: {
    status: 403,
    title: 'Your role may not do this',
    retry: false,
    advice: 'Ask an admin of your business.',
  },
  'origin-not-allowed': {
    status: 403,
    title: 'This origin may not use the session cookie',
    retry: false,
    advice: 'Add the origin of your frontend to CORS_ORIGINS.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    retry: false,
    advice: 'Check the id and the path. Objects of other businesses are never visible.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This path does not take this method',
    retry: false,
    advice: 'See the `Allow` header and /docs.',
  },
  'email-taken': {
    status: 409,
    title: 'This e-mail address has an account',
    retry: false,
    advice: 'Log in, or reset the password.',
  },
  'already-left': {
    status: 409,
    title: 'The message has left',
    retry: false,
    advice: 'A message can be canceled only before it is handed to the provider.',
  },
  'already-retried': {
    status: 409,
    title: 'The message was retried before',
    retry: false,
    advice: '`detail` names the message that was made in its place; retry that one if it failed too.',
  },
  'may-duplicate': {
    status: 409,
    title: 'The person may get the message twice',
    retry: false,
    advice: 'Wait for its receipt, or send `mayDuplicate: true` if getting it twice does no harm.',
  },
  'contact-blocked': {
    status: 409,
    title: 'The contact is on the block list',
    retry: false,
    advice: 'Unblock the contact first.',
  },
  'contact-opted-out': {
    status: 409,
    title: 'The contact has opted out',
    retry: false,
    advice: 'Do not message this person again until they opt in.',
  },
  'window-closed': {
    status: 409,
    title: 'The customer service window is closed',
    retry: false,
    advice:
      'Free-form messages are allowed for 24 hours after the contact’s last message. Send one of the `templates` that the answer names, and go on when the contact has answered.',
  },
  'template-not-approved': {
    status: 409,
    title: 'The template is not approved',
    retry: false,
    advice: 'Wait for the approval, or choose an approved template (GET /api/templates?status=approved).',
  },
  'template-limit-reached': {
    status: 409,
    title: 'The business account has no room for another template',
    retry: false,
    advice:
      'Delete templates that are not used any more (DELETE /api/templates/:id), or have the business verified by Meta: a verified one may have 6,000 templates instead of 250. Then create or submit this one again.',
  },
  'channel-disconnected': {
    status: 409,
    title: 'The channel is disconnected',
    retry: false,
    advice: 'Reconnect the channel; its `stateReason` says why it is away.',
  },
  'last-admin': {
    status: 409,
    title: 'The business would have no admin left',
    retry: false,
    advice: 'Make another active user an admin first.',
  },
  'already-exists': {
    status: 409,
    title: 'There is one already',
    retry: false,
    advice: 'Change the existing object; `detail` says which field must be unique.',
  },
  'in-use': {
    status: 409,
    title: 'It is still in use',
    retry: false,
    advice: '`detail` says what uses it; decide about that first.',
  },
  'wrong-state': {
    status: 409,
    title: 'Not possible in this state',
    retry: false,
    advice: '`detail` says the state and which states allow it.',
  },
  'invalid-link': {
    status: 400,
    title: 'This link is not valid any more',
    retry: false,
    advice: 'Ask for a new one: a link can be used once, and for a limited time.',
  },
  'precondition-failed': {
    status: 412,
    title: 'Somebody else has changed it',
    retry: false,
    advice: 'Read it again, apply your change to what is there now, and send its new ETag.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    retry: false,
    advice: 'Stay below the limit that `detail` names.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Only application/json is read here',
    retry: false,
    advice: 'Send `Content-Type: application/json`.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'This idempotency key was used for other content',
    retry: false,
    advice: 'Use a new key for a new request; repeat a request with exactly its first body.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    retry: true,
    advice: 'Wait for the seconds in `Retry-After`.',
  },
  internal: {
    status: 500,
    title: 'This is a fault of ours',
    retry: true,
    advice: 'Report the request id in `instance`; the log line with the same id has the cause.',
  },
  'dependency-away': {
    status: 503,
    title: 'A service that we need is away',
    retry: true,
    advice: 'Repeat the request with the same Idempotency-Key after the seconds in `Retry-After`.',
  },
  overloaded: {
    status: 503,
    title: 'More is arriving than can be stored',
    retry: true,
    advice: 'Repeat the request after the seconds in `Retry-After`.',
  },
  draining: {
    status: 503,
    title: 'This process is stopping',
    retry: true,
    advice: 'Repeat the request; another process answers it.',
  },
} as const satisfies Record<string, ProblemDefinition>;

export type ProblemCode = keyof typeof problems;

/** One thing that is wrong with an input: `path` as `body.variables.1`, `message` as a sentence. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** What a problem says beside its text, for programs; fields of RFC 9457's extensions. */
export interface ProblemExtensions {
  /** Of `window-closed`: the templates that could be sent instead. */
  readonly templates?: readonly { readonly name: string; readonly language: string }[];
}

export interface AppErrorOptions {
  readonly cause?: unknown;
  readonly errors?: readonly Issue[];
  readonly extensions?: ProblemExtensions;
  readonly retryAfterSeconds?: number;
}

/** The only thing thrown on purpose. Anything else that reaches a border is a bug and is reported as one. */
export class AppError extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly Issue[];
  readonly extensions: ProblemExtensions;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, detail: string, options: AppErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.errors = options.errors ?? [];
    this.extensions = options.extensions ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return problems[this.code].status;
  }
}

/** Shorthand for the commonest refusal: an object that is not there, or not the caller's. */
export const notFound = (what: string): AppError => new AppError('not-found', `There is no such ${what}.`);
