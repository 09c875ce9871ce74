import { z } from 'zod';
import { Secret } from './secret.ts';

/**
 * The types of value that an environment variable can hold. An empty variable counts as missing, as in a copied
 * `.env.example`. Messages never repeat the value, because it may be a secret.
 */
const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const isUnit = (unit: string): unit is keyof typeof unitsMs => Object.hasOwn(unitsMs, unit);

/** Parses "15m", "900s" or "7d" into milliseconds; undefined if the text is not a duration. */
export function parseDurationMs(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
  if (amount === undefined || unit === undefined || !isUnit(unit)) return undefined;
  return Number(amount) * unitsMs[unit];
}

const presence = (value: unknown): unknown =>
  typeof value === 'string' && value.trim() === '' ? undefined : value;

/** A variable that may be missing or empty. */
export const optional = <S extends z.ZodType>(schema: S) => z.preprocess(presence, schema.optional());

/** The message of every variable that is required and not set. */
export const missing = 'is missing';

const required = () => z.preprocess(presence, z.string({ error: missing }).trim());

/** Free text with a default. */
export const text = (fallback: string) => z.preprocess(presence, z.string().trim().default(fallback));

export const choice = <const T extends readonly [string, ...string[]]>(values: T, fallback: T[number]) =>
  z
    .preprocess(presence, z.enum(values, { error: `must be one of ${values.join(', ')}` }).optional())
    .transform((value) => value ?? fallback);

export const wholeNumber = (fallback: number, minimum: number, maximum: number) => {
  const error = `must be a whole number from ${minimum} to ${maximum}`;
  return z.preprocess(
    (value) =>
      typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : presence(value),
    z.int({ error }).min(minimum, { error }).max(maximum, { error }).default(fallback),
  );
};

/** A port that 0 switches off. */
export const port = (fallback: number) => wholeNumber(fallback, 0, 65_535);

/** A port that others must know, so that 0, any free one, is refused. */
export const knownPort = (fallback: number) => wholeNumber(fallback, 1, 65_535);

/** A duration with a unit. A plain number is refused, because its unit would be a guess. */
export const duration = (fallback: string, maximum: string) => {
  const maxMs = parseDurationMs(maximum) ?? 0;
  return text(fallback).transform((value, context) => {
    const ms = parseDurationMs(value);
    if (ms !== undefined && ms > 0 && ms <= maxMs) return ms;
    context.addIssue(`must be a duration such as ${fallback}, at most ${maximum}`);
    return z.NEVER;
  });
};

/** For variables named …_MS: milliseconds, or a duration with a unit. */
export const milliseconds = (fallback: number) =>
  text(String(fallback)).transform((value, context) => {
    const ms = /^\d{1,12}$/.test(value) ? Number(value) : parseDurationMs(value);
    if (ms !== undefined && ms > 0) return ms;
    context.addIssue('must be a number of milliseconds, or a duration such as 72h');
    return z.NEVER;
  });

/** Undefined if not set, so that the default can depend on the deployment. */
export const flag = () =>
  optional(z.enum(['true', 'false', '1', '0'], { error: 'must be true or false' })).transform((value) =>
    value === undefined ? undefined : value === 'true' || value === '1',
  );

export const secret = () => required().transform((value) => new Secret(value));

/** An AES-256 key: 32 bytes in base64. */
export const key256 = () =>
  required().transform((value, context) => {
    const isKey = /^[A-Za-z0-9+/_-]{43}=?$/.test(value) && Buffer.from(value, 'base64').byteLength === 32;
    if (isKey) return new Secret(value);
    context.addIssue('must be 32 bytes in base64 (openssl rand -base64 32)');
    return z.NEVER;
  });

const isHttpUrl = (value: string): boolean =>
  URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);

/** An http(s) address without a trailing slash. */
export const httpUrl = () =>
  optional(z.string().trim().refine(isHttpUrl, { error: 'must be an http or https address' })).transform(
    (value) => value?.replace(/\/+$/, ''),
  );

/** A database address, which may name several servers. */
export const mongoUri = (fallback: string) =>
  text(fallback).pipe(
    z
      .string()
      .regex(/^mongodb(?:\+srv)?:\/\/[^\s/]/, { error: 'must begin with mongodb:// or mongodb+srv://' }),
  );

/** The address of a server that speaks no HTTP. */
export const hostAndPort = (fallback: string) =>
  text(fallback).pipe(
    z
      .string()
      .regex(/^(?:\[[0-9a-f:]+\]|[^\s/:]+)(?::\d{1,5})?$/i, { error: 'must be HOST:PORT, without a scheme' }),
  );

const isSmtpUrl = (value: string): boolean =>
  URL.canParse(value) && /^smtps?:$/.test(new URL(value).protocol) && new URL(value).hostname !== '';

/** A mail server with its credentials: smtp://user:password@mail.example.com:587 */
export const smtpUrl = () =>
  optional(
    z
      .string()
      .trim()
      .refine(isSmtpUrl, { error: 'must be an address such as smtps://user:password@host:465' }),
  ).transform((value) => (value === undefined ? undefined : new Secret(value)));

/** The sender of mails: an address, or a name with the address in angle brackets. One line, because it is a header. */
export const mailAddress = () =>
  optional(
    z
      .string()
      .trim()
      .regex(/^(?:[^<>@\p{Cc}]+ <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/u, {
        error: 'must be an address such as CRM <no-reply@example.com>',
      }),
  );

/** The entries of a comma-separated list, without blanks. */
export const splitList = (value: string): string[] =>
  value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

export const list = () => text('').transform(splitList);

const originRule = 'must be origins such as https://crm.example.com, separated by commas, without path';

/** What URLs permit in a host and no real host has, as in https://*.example.com. */
const isPattern = (origin: string): boolean => /[^a-z0-9.:[\]_-]/.test(new URL(origin).host);

/** Origins as browsers send them: scheme, host and port only. They are compared as they are, so a pattern never matches. */
export const origins = () =>
  list()
    .refine((entries) => entries.every((entry) => isHttpUrl(entry) && new URL(entry).origin === entry), {
      error: `${originRule} or *`,
      abort: true,
    })
    .refine((entries) => !entries.some(isPattern), {
      error: `${originRule}; a pattern such as https://*.example.com never matches, so list each origin`,
    });
