/**
 * Every failure that the product raises on purpose towards a caller. Each area declares its codes in its `problems.ts`,
 * `src/app/problems.ts` puts them together, and `src/http/problems.ts` answers them as RFC 9457 problem details. What
 * fails inside a workflow has the provider's code instead (`sending/messages/rules.ts`).
 */
export interface ProblemDefinition {
  readonly status: number;
  readonly title: string;
  /** Whether the same request may succeed later without a change by the caller; shown on the problem's page. */
  readonly retry: boolean;
  /** What the reader can do about it; printed on the problem's page. */
  readonly advice: string;
}

/** What an area declares: a refusal of the caller. Failures on our side have the general codes. */
interface RefusalDefinition extends ProblemDefinition {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 429;
}

/** Checks the table of an area and keeps its codes as types. */
export const defineProblems = <const Table extends Readonly<Record<string, RefusalDefinition>>>(
  table: Table,
): Table => table;

/** The codes that every area may use, and all that are failures on our side. */
export const generalProblems = {
  'invalid-input': {
    status: 400,
    title: 'Invalid request',
    retry: false,
    advice: 'Correct every entry of `errors`; each names its path. Nothing was stored.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    retry: false,
    advice: 'Check the id and the path. Objects of other businesses are never visible.',
  },
  'already-exists': {
    status: 409,
    title: 'Already exists',
    retry: false,
    advice: 'Change the existing object; `detail` says which field must be unique.',
  },
  'in-use': {
    status: 409,
    title: 'In use',
    retry: false,
    advice: '`detail` says what uses it; decide about that first.',
  },
  'wrong-state': {
    status: 409,
    title: 'Not allowed in the current state',
    retry: false,
    advice: '`detail` says the state and which states allow it.',
  },
  'precondition-failed': {
    status: 412,
    title: 'Changed by someone else',
    retry: false,
    advice: 'Read it again, apply your change to what is there now, and send its new ETag.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    retry: true,
    advice: 'Wait for the seconds in `Retry-After`.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    retry: true,
    advice: 'Report the request id in `instance`; the log line with the same id has the cause.',
  },
  'dependency-away': {
    status: 503,
    title: 'Dependency unavailable',
    retry: true,
    advice: 'Repeat the request with the same Idempotency-Key after the seconds in `Retry-After`.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    retry: true,
    advice: 'Repeat the request after the seconds in `Retry-After`.',
  },
  draining: {
    status: 503,
    title: 'Process is stopping',
    retry: true,
    advice: 'Repeat the request; another process answers it.',
  },
} as const satisfies Record<string, ProblemDefinition>;

type GeneralProblems = typeof generalProblems;

/** Open for the areas: each extends it by its own table, so that a code nobody declares does not compile. */
export interface ProblemCodes extends GeneralProblems {}

export type ProblemCode = keyof ProblemCodes;

export type ProblemTable = Readonly<Record<ProblemCode, ProblemDefinition>>;

/** One thing that is wrong with an input: `path` as `body.variables.1`, `message` as a sentence. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** What a problem says beside its text, for programs (RFC 9457, 3.2). Open for the areas, like the codes. */
export interface ProblemExtensions {}

export interface AppErrorOptions {
  readonly cause?: unknown;
  readonly errors?: readonly Issue[];
  readonly extensions?: ProblemExtensions;
  readonly retryAfterSeconds?: number;
}

const failureCodes: ReadonlySet<string> = new Set(
  Object.entries(generalProblems).flatMap(([code, { status }]) => (status >= 500 ? [code] : [])),
);

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

  /** Whether the request was refused (4xx); false when it failed on our side (5xx). */
  get isRefusal(): boolean {
    return !failureCodes.has(this.code);
  }
}

/** Shorthand for the commonest refusal: an object that is not there, or not the caller's. */
export const notFound = (what: string): AppError => new AppError('not-found', `There is no such ${what}.`);
