import {
  AppError,
  type Issue,
  type ProblemCode,
  type ProblemExtensions,
  type ProblemTable,
} from '../platform/errors.ts';

/** Problem details (RFC 9457) with our `code` and all validation issues. */
export interface ProblemDocument extends ProblemExtensions {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The request id, as in the log lines of the request. */
  readonly instance: string;
  readonly code: ProblemCode;
  readonly errors?: readonly Issue[];
}

export interface ProblemReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly document: ProblemDocument;
}

export const problemContentType = 'application/problem+json';

/** Used if the error names no time. */
const defaultRetryAfterSeconds = 2;

/**
 * Driver errors for an unreachable server. Matched by name, because several copies of a driver may be loaded, so classes
 * may differ.
 */
const awayErrorNames: ReadonlySet<string> = new Set([
  'MongoServerSelectionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
  'MongoPoolClosedError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoWaitQueueTimeoutError',
  'MongoOperationTimeoutError',
  'MongooseServerSelectionError',
]);

/**
 * Server errors of MongoDB while it steps down, shuts down or elects (11600, 11602, 10107, 13435, 13436, 189, 91), and
 * while it refuses writes because its disk is full or nearly so (14031, 371).
 */
const awayServerCodes: ReadonlySet<unknown> = new Set([
  ...[11_600, 11_602, 10_107, 13_435, 13_436, 189, 91],
  ...[14_031, 371],
]);

/** A refused bulk write carries the code of the command. */
const serverErrorNames: ReadonlySet<string> = new Set(['MongoServerError', 'MongoBulkWriteError']);

/** System errors of connections; MongoDB's driver passes them on if a write meets a dead socket. */
const awaySystemCodes: ReadonlySet<unknown> = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT']);

/** gRPC: DEADLINE_EXCEEDED, UNAVAILABLE. */
const awayGrpcCodes: ReadonlySet<unknown> = new Set([4, 14]);

const maxCauses = 8;

/** Whether an error or one of its causes means that MongoDB or Temporal cannot be reached. */
export function isDependencyAway(error: unknown): boolean {
  let current = error;
  for (let depth = 0; current instanceof Error && depth < maxCauses; depth += 1) {
    const code = 'code' in current ? current.code : undefined;
    if (awayErrorNames.has(current.name)) return true;
    if (serverErrorNames.has(current.name) && awayServerCodes.has(code)) return true;
    if ('syscall' in current && awaySystemCodes.has(code)) return true;
    if ('details' in current && 'metadata' in current && awayGrpcCodes.has(code)) return true;
    current = current.cause;
  }
  return false;
}

/** The error that callers see for anything thrown; a bug becomes `internal` without details. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isDependencyAway(error))
    return new AppError('dependency-away', 'The database or the workflow service cannot be reached.', {
      cause: error,
    });
  return new AppError('internal', 'The request failed because of a bug.', { cause: error });
}

/** Makes the reply to an error. */
export type ProblemReplies = (error: AppError, requestId: string) => ProblemReply;

interface ProblemReplyOptions {
  readonly problems: ProblemTable;
  readonly publicUrl: string;
}

export function createProblemReplies({ problems, publicUrl }: ProblemReplyOptions): ProblemReplies {
  return (error, requestId) => {
    const { status, title, retry } = problems[error.code];
    const retryAfter =
      error.retryAfterSeconds ?? (retry && status !== 500 ? defaultRetryAfterSeconds : undefined);
    return {
      status,
      headers: {
        ...(retryAfter === undefined ? {} : { 'Retry-After': String(Math.ceil(retryAfter)) }),
        ...(error.code === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer realm="whatsapp-crm"' } : {}),
      },
      document: {
        type: `${publicUrl}/problems/${error.code}`,
        title,
        status,
        detail: error.message,
        instance: requestId,
        code: error.code,
        ...(error.errors.length > 0 ? { errors: error.errors } : {}),
        ...error.extensions,
      },
    };
  };
}
