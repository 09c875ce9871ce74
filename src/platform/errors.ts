import { z } from 'zod';

/**
 * A failure that the product reports to callers. Each area declares its codes in its `problems.ts`,
 * `src/app/problems.ts` combines them, and `src/http/problems.ts` answers them as RFC 9457 problem details. Failures
 * inside workflows have the provider's code instead (`sending/messages/rules.ts`).
 */
export interface ProblemDefinition {
  readonly status: number;
  readonly title: string;
  /** Whether the same request may succeed later; shown on the problem's page. */
  readonly retry: boolean;
  /** The way out for the caller; shown on the problem's page. */
  readonly advice: string;
  /** The extension members of this problem, each with a description. */
  readonly extensions?: Readonly<Record<string, z.ZodType>>;
}

/** A problem that an area declares: a refusal (4xx). Failures on our side (5xx) have general codes. */
interface RefusalDefinition extends ProblemDefinition {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 429;
}

/** Declares the problems of an area; keeps its codes as types. */
export const defineProblems = <const Table extends Readonly<Record<string, RefusalDefinition>>>(
  table: Table,
): Table => table;

/** The codes that every area may use, and all codes of failures on our side. */
export const generalProblems = {
  'invalid-input': {
    status: 400,
    title: 'Invalid request',
    retry: false,
    advice: 'Correct every issue in `errors`; each names its path. Nothing was stored.',
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
    extensions: {
      existingId: z.string().meta({ description: 'the object that exists, if callers can read it' }),
    },
  },
  'in-use': {
    status: 409,
    title: 'In use',
    retry: false,
    advice: '`detail` names what uses it; delete or finish that first.',
    extensions: {
      conversationId: z.string().meta({ description: 'the conversation that is in the way' }),
      contactIds: z.array(z.string()).meta({ description: 'some of the contacts that are in the way' }),
      segmentIds: z.array(z.string()).meta({ description: 'some of the segments that are in the way' }),
      policyIds: z.array(z.string()).meta({ description: 'the assignment policies that are in the way' }),
    },
  },
  'wrong-state': {
    status: 409,
    title: 'Not allowed in the current state',
    retry: false,
    advice: '`detail` names the state and the states that allow the change.',
    extensions: {
      state: z.string().meta({ description: 'the present state' }),
      conversationId: z.string().meta({ description: 'the conversation that is in the way' }),
    },
  },
  'precondition-failed': {
    status: 412,
    title: 'Changed by someone else',
    retry: false,
    advice: 'Read the object again, apply your change to it, and send its new ETag.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    retry: true,
    advice: 'Wait for the number of seconds in `Retry-After`.',
  },
  // Refused, not away: the search is the caller's to narrow, and must not page anybody.
  'search-too-broad': {
    status: 422,
    title: 'Search too broad',
    retry: false,
    advice:
      'The search reads too much. Narrow it by a longer or another word, a conversation, a contact or a shorter time.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    retry: true,
    advice: 'Report the request id in `instance`; the log line with this id has the cause.',
  },
  'dependency-away': {
    status: 503,
    title: 'Dependency unavailable',
    retry: true,
    advice: 'Repeat the request with the same Idempotency-Key after the number of seconds in `Retry-After`.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    retry: true,
    advice: 'Repeat the request after the number of seconds in `Retry-After`.',
  },
  'not-ready': {
    status: 503,
    title: 'Not ready',
    retry: true,
    advice: 'Repeat the request after the number of seconds in `Retry-After`; `/readyz` names the cause.',
  },
  draining: {
    status: 503,
    title: 'Process is stopping',
    retry: true,
    advice: 'Repeat the request; another process will answer it.',
  },
} as const satisfies Record<string, ProblemDefinition>;

type GeneralProblems = typeof generalProblems;

/** Each area extends this by its own table, so that an undeclared code does not compile. */
export interface ProblemCodes extends GeneralProblems {}

export type ProblemCode = keyof ProblemCodes;

export type ProblemTable = Readonly<Record<ProblemCode, ProblemDefinition>>;

/** One issue of an input; `path` is written `body.variables.1`, `message` is a sentence. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** Extension members of problem details (RFC 9457, 3.2). Each area extends this, as it does `ProblemCodes`. */
export interface ProblemExtensions {
  readonly existingId?: string;
  readonly conversationId?: string;
  readonly contactIds?: readonly string[];
  readonly segmentIds?: readonly string[];
  readonly policyIds?: readonly string[];
  readonly state?: string;
}

export interface AppErrorOptions {
  readonly cause?: unknown;
  readonly errors?: readonly Issue[];
  readonly extensions?: ProblemExtensions;
  readonly retryAfterSeconds?: number;
}

const failureCodes: ReadonlySet<string> = new Set(
  Object.entries(generalProblems).flatMap(([code, { status }]) => (status >= 500 ? [code] : [])),
);

/** The only error thrown on purpose. Any other error that leaves the product is reported as a bug. */
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

  /** Whether the request was refused (4xx); false if it failed on our side (5xx). */
  get isRefusal(): boolean {
    return !failureCodes.has(this.code);
  }
}

/** The state of an object forbids the request. */
export const wrongState = (detail: string, state: string): AppError =>
  new AppError('wrong-state', detail, { extensions: { state } });

interface Taken {
  /** Of the unique field in the request. */
  readonly path: string;
  readonly noun: string;
  /** The object that has the value; null if it is gone meanwhile. */
  readonly existing: { readonly _id: { toHexString(): string } } | null;
}

/** The error for a value that must be unique and that another object has, which it names. */
export const valueTaken = (detail: string, { path, noun, existing }: Taken): AppError =>
  new AppError('already-exists', detail, {
    errors: [{ path, message: `The ${noun} is taken.` }],
    ...(existing === null ? {} : { extensions: { existingId: existing._id.toHexString() } }),
  });

/** The object does not exist, or belongs to another client. */
export const notFound = (what: string): AppError => new AppError('not-found', `There is no such ${what}.`);
