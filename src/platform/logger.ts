import { type DestinationStream, pino } from 'pino';

export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/** What every part may do with the log. An error goes under the field `error`; its causes follow. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

interface LoggerOptions {
  readonly level: LogLevel;
  /** Which process writes: api, worker, migrate. */
  readonly name: string;
  /** Where lines go; standard output when not given. */
  readonly destination?: DestinationStream;
}

/**
 * A second line of defence only: callers pass ids and codes, never secrets, phone numbers or bodies. A field
 * of one of these names that slips in does not reach the log.
 */
const neverLogged = [
  'password',
  'passwordHash',
  'secret',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'cookie',
  'body',
  'rawBody',
  'to',
  'phone',
  'phoneNumber',
  'email',
];

/** One per process, made in `bin/` and passed down: JSON lines with ISO times and level names. */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: { process: options.name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'message',
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: serializeError, err: serializeError },
    redact: { paths: neverLogged.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

/** Runs of seven and more digits may be phone numbers; what they are is never needed to understand an error. */
export const maskDigits = (text: string): string => text.replace(/\d(?:[ -]?\d){6,}/g, '[digits]');

const maxCauses = 5;
const maxTextLength = 4_000;

export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
  readonly stack?: string;
  readonly cause?: SerializedError;
}

/**
 * An error with its causes in the few fields that are safe: name, message and stack with digits masked, and a
 * code. Everything else that libraries hang on errors (request bodies, documents, headers) is left out.
 */
export function serializeError(error: unknown, depth = 0): SerializedError {
  if (!(error instanceof Error)) return { name: typeof error, message: clean(describe(error)) };
  const code = 'code' in error ? error.code : undefined;
  const hasCause = error.cause !== undefined && depth < maxCauses;
  return {
    name: error.name,
    message: clean(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: clean(framesOf(error.stack)) }),
    ...(hasCause ? { cause: serializeError(error.cause, depth + 1) } : {}),
  };
}

const describe = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : 'something that is not an error was thrown';

/** Only the frames: the message above them is there already, and it may be long. */
const framesOf = (stack: string): string =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');

const clean = (text: string): string => maskDigits(text).slice(0, maxTextLength);
