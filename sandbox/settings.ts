/** The settings that `PUT /sandbox/behaviour` changes: their defaults and the rules for each. */
import type { PlanSettings, ReceiptDelays } from './behaviours.ts';
import { asScriptedAnswer, asScriptedFailure, type ScriptedAnswer, type ScriptedFailure } from './scripts.ts';
import {
  asBoolean,
  asCode,
  asDelay,
  asList,
  asMapOf,
  asNumber,
  asOneOf,
  asRecord,
  asText,
  asTexts,
  asWhole,
  optionally,
  orNull,
  rejectUnknown,
} from './setting-readers.ts';

export interface AnswerDropping {
  /** The share of accepted calls whose answer is lost, 0 to 1. */
  readonly rate: number;
  readonly seed: number;
}

export interface NumberIdentity {
  readonly wabaId?: string;
  readonly displayPhoneNumber?: string;
  readonly verifiedName?: string;
  /** GREEN, YELLOW, RED or UNKNOWN. */
  readonly qualityRating?: string;
  /** TIER_250 to TIER_UNLIMITED. */
  readonly messagingLimit?: string;
  /** STANDARD or HIGH. */
  readonly throughput?: string;
}

export const HEALTH_STATES = ['AVAILABLE', 'LIMITED', 'BLOCKED'] as const;
export const CATEGORIES = ['MARKETING', 'UTILITY', 'AUTHENTICATION'] as const;

export type HealthState = (typeof HEALTH_STATES)[number];
export type Category = (typeof CATEGORIES)[number];

export interface Behaviour extends PlanSettings {
  /** Receipts that fall due together travel in one POST. */
  readonly batchReceipts: boolean;
  /** Added to every answer of the Graph API. */
  readonly latencyMs: number;
  /** Cap for each phone number; above it calls are refused with 130429. Null is no cap. */
  readonly sendsPerSecond: number | null;
  /** `meta` turns on Meta's own limits where the settings of each are null. */
  readonly limits: 'none' | 'meta';
  /** A message to one person each so many seconds, else 131056. Null is no limit. */
  readonly pairSeconds: number | null;
  readonly pairBurst: number;
  /** Tokens that are answered with 190; true means all of them. */
  readonly expiredTokens: true | readonly string[];
  /** Every send of these phone numbers gets this code, until it is taken away. */
  readonly senderErrors: Readonly<Record<string, number>>;
  /** What `health_status` tells about a phone number. */
  readonly health: Readonly<Record<string, HealthState>>;
  /** Names of templates that are answered with 132015. */
  readonly templatePaused: readonly string[];
  /** Names of templates whose sends are answered with `held_for_quality_assessment`. */
  readonly templateHeld: readonly string[];
  /** Whether sends are compared with the stored templates. */
  readonly checkTemplates: boolean;
  /** How long a created or edited template stays PENDING. */
  readonly reviewMs: number;
  /** Templates with one of these words in them are rejected. */
  readonly rejectWords: readonly string[];
  /** Names of templates that are approved in another category than they asked for. */
  readonly recategorise: Readonly<Record<string, Category>>;
  /** How many templates an account may have, in all languages. Null is no cap. */
  readonly templatesPerAccount: number | null;
  /** How long a pause by pacing has to last before it can be ended. */
  readonly unpauseAfterMs: number;
  /** Cap on management calls for each account; above it they are refused with 80007. */
  readonly managementCallsPerHour: number | null;
  /** Accounts or numbers whose marketing templates are refused with 131063 on the messages endpoint. */
  readonly marketingOff: readonly string[];
  readonly dropAnswers: AnswerDropping | null;
  readonly nextErrors: readonly ScriptedAnswer[];
  readonly nextFailures: readonly ScriptedFailure[];
  /** What the webhooks tell about a phone number id, where the derived values will not do. */
  readonly numbers: Readonly<Record<string, NumberIdentity>>;
  /** Which portfolio owns a business account; others have one each. */
  readonly portfolios: Readonly<Record<string, string>>;
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
  limits: 'none',
  pairSeconds: null,
  pairBurst: 45,
  expiredTokens: [],
  senderErrors: {},
  health: {},
  templatePaused: [],
  templateHeld: [],
  checkTemplates: false,
  reviewMs: 200,
  rejectWords: [],
  recategorise: {},
  templatesPerAccount: null,
  unpauseAfterMs: 300_000,
  managementCallsPerHour: null,
  marketingOff: [],
  dropAnswers: null,
  nextErrors: [],
  nextFailures: [],
  numbers: {},
  portfolios: {},
  fsync: true,
};

function asDelays(value: unknown, field: string, current: ReceiptDelays): ReceiptDelays {
  const given = asRecord(value, field);
  rejectUnknown(given, ['sentMs', 'deliveredMs', 'readMs'], `${field}.`);
  const pick = (name: keyof ReceiptDelays): number =>
    given[name] === undefined ? current[name] : asDelay(given[name], `${field}.${name}`);
  return { sentMs: pick('sentMs'), deliveredMs: pick('deliveredMs'), readMs: pick('readMs') };
}

function asDropping(value: unknown, field: string): AnswerDropping {
  const given = asRecord(value, field);
  rejectUnknown(given, ['rate', 'seed'], `${field}.`);
  return {
    rate: asNumber(given['rate'], `${field}.rate`, [0, 1]),
    seed: given['seed'] === undefined ? 1 : asWhole(given['seed'], `${field}.seed`, [0, 2 ** 32 - 1]),
  };
}

const IDENTITY_FIELDS = [
  'wabaId',
  'displayPhoneNumber',
  'verifiedName',
  'qualityRating',
  'messagingLimit',
  'throughput',
];

function asIdentity(value: unknown, field: string): NumberIdentity {
  const given = asRecord(value, field);
  rejectUnknown(given, IDENTITY_FIELDS, `${field}.`);
  return Object.assign({}, ...IDENTITY_FIELDS.map((name) => optionally(given, name, [field, asText])));
}

const MAX_RATE = 1_000_000;

type Readers = {
  [Name in keyof Behaviour]: (value: unknown, field: string, current: Behaviour) => Behaviour[Name];
};

const READERS: Readers = {
  receipts: asOneOf('all', 'none'),
  receiptDelays: (value, field, current) => asDelays(value, field, current.receiptDelays),
  batchReceipts: asBoolean,
  slowMs: asDelay,
  latencyMs: asDelay,
  sendsPerSecond: orNull((value, field) => asNumber(value, field, [0.1, MAX_RATE])),
  limits: asOneOf('none', 'meta'),
  pairSeconds: orNull((value, field) => asNumber(value, field, [0.001, 86_400])),
  pairBurst: (value, field) => asWhole(value, field, [1, MAX_RATE]),
  expiredTokens: (value, field) => (value === true ? true : asTexts(value, field)),
  senderErrors: (value, field) => asMapOf(value, field, asCode),
  health: (value, field) => asMapOf(value, field, asOneOf(...HEALTH_STATES)),
  templatePaused: asTexts,
  templateHeld: asTexts,
  checkTemplates: asBoolean,
  reviewMs: asDelay,
  rejectWords: asTexts,
  recategorise: (value, field) => asMapOf(value, field, asOneOf(...CATEGORIES)),
  templatesPerAccount: orNull((value, field) => asWhole(value, field, [0, MAX_RATE])),
  unpauseAfterMs: asDelay,
  managementCallsPerHour: orNull((value, field) => asWhole(value, field, [0, MAX_RATE])),
  marketingOff: asTexts,
  dropAnswers: orNull(asDropping),
  nextErrors: (value, field) => asList(value, field, asScriptedAnswer),
  nextFailures: (value, field) => asList(value, field, asScriptedFailure),
  numbers: (value, field) => asMapOf(value, field, asIdentity),
  portfolios: (value, field) => asMapOf(value, field, asText),
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
