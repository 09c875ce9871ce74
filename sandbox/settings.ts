/** The settings that `PUT /sandbox/behaviour` changes: their defaults and the rules for each. */
import type { PlanSettings, ReceiptDelays } from './behaviours.ts';
import { isRecord, type JsonRecord } from './json.ts';

/** An answer that a test has written down beforehand; it is given `times` times, before anything else is looked at. */
export interface ScriptedAnswer {
  /** Only for numbers that end so; absent means any number. */
  readonly to?: string;
  readonly times: number;
  readonly status: number;
  readonly code?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection is cut, and nothing has been accepted. */
  readonly reset?: true;
}

export interface AnswerDropping {
  /** The share of accepted calls whose answer is lost, 0 to 1. */
  readonly rate: number;
  readonly seed: number;
}

export interface NumberIdentity {
  readonly wabaId?: string;
  readonly displayPhoneNumber?: string;
}

export interface Behaviour extends PlanSettings {
  /** Receipts that fall due together travel in one POST. */
  readonly batchReceipts: boolean;
  /** Added to every answer of the Graph API. */
  readonly latencyMs: number;
  /** Cap for each phone number; above it calls are refused with 130429. Null is no cap. */
  readonly sendsPerSecond: number | null;
  /** Tokens that are answered with 190; true means all of them. */
  readonly expiredTokens: true | readonly string[];
  /** Names of templates that are answered with 132015. */
  readonly templatePaused: readonly string[];
  readonly dropAnswers: AnswerDropping | null;
  readonly nextErrors: readonly ScriptedAnswer[];
  /** What the webhooks tell about a phone number id, where the derived values will not do. */
  readonly numbers: Readonly<Record<string, NumberIdentity>>;
  /** Whether the ledger is forced to the disk before a call is answered. */
  readonly fsync: boolean;
}

export type BehaviourPatch = Partial<Omit<Behaviour, 'receiptDelays'>> & {
  readonly receiptDelays?: Partial<ReceiptDelays>;
};

export const DEFAULT_BEHAVIOUR: Behaviour = {
  receipts: 'all',
  receiptDelays: { sentMs: 50, deliveredMs: 150, readMs: 400 },
  batchReceipts: true,
  slowMs: 8_000,
  latencyMs: 0,
  sendsPerSecond: null,
  expiredTokens: [],
  templatePaused: [],
  dropAnswers: null,
  nextErrors: [],
  numbers: {},
  fsync: true,
};

const MAX_DELAY_MS = 86_400_000;

export class SettingError extends Error {
  readonly field: string;

  constructor(field: string, rule: string) {
    super(`${field} ${rule}`);
    this.field = field;
  }
}

function fail(field: string, rule: string): never {
  throw new SettingError(field, rule);
}

function asNumber(value: unknown, field: string, [min, max]: readonly [number, number]): number {
  const isFine = typeof value === 'number' && value >= min && value <= max;
  return isFine ? value : fail(field, `must be a number from ${min} to ${max}`);
}

function asWhole(value: unknown, field: string, range: readonly [number, number]): number {
  const number = asNumber(value, field, range);
  return Number.isInteger(number) ? number : fail(field, 'must be a whole number');
}

const asDelay = (value: unknown, field: string): number => asNumber(value, field, [0, MAX_DELAY_MS]);

const asBoolean = (value: unknown, field: string): boolean =>
  typeof value === 'boolean' ? value : fail(field, 'must be true or false');

const asText = (value: unknown, field: string): string =>
  typeof value === 'string' ? value : fail(field, 'must be a text');

const asTexts = (value: unknown, field: string): string[] =>
  Array.isArray(value)
    ? value.map((item, index) => asText(item, `${field}[${index}]`))
    : fail(field, 'must be a list');

const asRecord = (value: unknown, field: string): JsonRecord =>
  isRecord(value) ? value : fail(field, 'must be an object');

function rejectUnknown(given: JsonRecord, known: readonly string[], prefix = ''): void {
  const unknownName = Object.keys(given).find((name) => !known.includes(name));
  if (unknownName !== undefined) fail(`${prefix}${unknownName}`, 'is not known');
}

function asDelays(value: unknown, field: string, current: ReceiptDelays): ReceiptDelays {
  const given = asRecord(value, field);
  rejectUnknown(given, ['sentMs', 'deliveredMs', 'readMs'], `${field}.`);
  const pick = (name: keyof ReceiptDelays): number =>
    given[name] === undefined ? current[name] : asDelay(given[name], `${field}.${name}`);
  return { sentMs: pick('sentMs'), deliveredMs: pick('deliveredMs'), readMs: pick('readMs') };
}

function asDropping(value: unknown, field: string): AnswerDropping | null {
  if (value === null) return null;
  const given = asRecord(value, field);
  rejectUnknown(given, ['rate', 'seed'], `${field}.`);
  return {
    rate: asNumber(given['rate'], `${field}.rate`, [0, 1]),
    seed: given['seed'] === undefined ? 1 : asWhole(given['seed'], `${field}.seed`, [0, 2 ** 32 - 1]),
  };
}

function asHeaders(value: unknown, field: string): Record<string, string> {
  const entries = Object.entries(asRecord(value, field)).map(([name, text]): [string, string] => {
    if (!/^[\w-]+$/.test(name)) fail(`${field}.${name}`, 'is not a header name');
    const line = asText(text, `${field}.${name}`);
    return /^[\x20-\x7e]*$/.test(line) ? [name, line] : fail(`${field}.${name}`, 'must be printable ASCII');
  });
  return Object.fromEntries(entries);
}

function asScriptedAnswer(value: unknown, field: string): ScriptedAnswer {
  const given = asRecord(value, field);
  rejectUnknown(given, ['to', 'times', 'status', 'code', 'body', 'headers', 'reset'], `${field}.`);
  const isReset = given['reset'] === true;
  if (!isReset && given['status'] === undefined) fail(`${field}.status`, 'is required');
  return {
    times: given['times'] === undefined ? 1 : asWhole(given['times'], `${field}.times`, [1, 1_000_000]),
    status: isReset ? 0 : asWhole(given['status'], `${field}.status`, [400, 599]),
    ...(given['to'] === undefined ? {} : { to: asText(given['to'], `${field}.to`) }),
    ...(given['code'] === undefined ? {} : { code: asWhole(given['code'], `${field}.code`, [0, 9_999_999]) }),
    ...(given['body'] === undefined ? {} : { body: given['body'] }),
    ...(given['headers'] === undefined ? {} : { headers: asHeaders(given['headers'], `${field}.headers`) }),
    ...(isReset ? { reset: true as const } : {}),
  };
}

function asNumbers(value: unknown, field: string): Record<string, NumberIdentity> {
  const entries = Object.entries(asRecord(value, field)).map(([id, identity]): [string, NumberIdentity] => {
    const given = asRecord(identity, `${field}.${id}`);
    rejectUnknown(given, ['wabaId', 'displayPhoneNumber'], `${field}.${id}.`);
    const text = (name: string): object =>
      given[name] === undefined ? {} : { [name]: asText(given[name], `${field}.${id}.${name}`) };
    return [id, { ...text('wabaId'), ...text('displayPhoneNumber') }];
  });
  return Object.fromEntries(entries);
}

type Readers = {
  [Name in keyof Behaviour]: (value: unknown, field: string, current: Behaviour) => Behaviour[Name];
};

const READERS: Readers = {
  receipts: (value, field) =>
    value === 'all' || value === 'none' ? value : fail(field, 'must be all or none'),
  receiptDelays: (value, field, current) => asDelays(value, field, current.receiptDelays),
  batchReceipts: asBoolean,
  slowMs: asDelay,
  latencyMs: asDelay,
  sendsPerSecond: (value, field) => (value === null ? null : asNumber(value, field, [0.1, 1_000_000])),
  expiredTokens: (value, field) => (value === true ? true : asTexts(value, field)),
  templatePaused: asTexts,
  dropAnswers: asDropping,
  nextErrors: (value, field) =>
    Array.isArray(value)
      ? value.map((item, index) => asScriptedAnswer(item, `${field}[${index}]`))
      : fail(field, 'must be a list'),
  numbers: asNumbers,
  fsync: asBoolean,
};

/** The settings with the given fields changed; throws a SettingError that names the first field that is wrong. */
export function applyPatch(current: Behaviour, patch: unknown): Behaviour {
  const given = asRecord(patch, 'body');
  rejectUnknown(given, Object.keys(READERS));
  const changed = Object.entries(READERS)
    .filter(([name]) => given[name] !== undefined)
    .map(([name, read]) => [name, read(given[name], name, current)]);
  return { ...current, ...(Object.fromEntries(changed) as Partial<Behaviour>) };
}
