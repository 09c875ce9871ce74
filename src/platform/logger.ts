import { type DestinationStream, pino } from 'pino';

export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/** Pass an error as the field `error`; it is logged with its causes. */
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
  /** The process that writes: api, worker, migrate. */
  readonly name: string;
  /** Standard output by default. */
  readonly destination?: DestinationStream;
}

/**
 * A second line of defence: callers pass ids and codes, never secrets, phone numbers or bodies. Fields with these names
 * are redacted.
 */
const redactedFields = [
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

/** Writes JSON lines with ISO times and level names. One per process, passed down from its start. */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: { process: options.name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'message',
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: serializeError, err: serializeError },
    redact: { paths: redactedFields.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

/** Masks runs of seven or more digits, which may be phone numbers. */
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
 * The safe fields of an error and its causes: name, code, and message and stack with digits masked. Other fields that
 * libraries attach (request bodies, documents, headers) are dropped.
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
    : 'a value that is not an error was thrown';

/** Only the frames: the message is a field of its own, and it may be long. */
const framesOf = (stack: string): string =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');

const clean = (text: string): string => maskDigits(text).slice(0, maxTextLength);
