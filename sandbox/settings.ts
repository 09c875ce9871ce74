/** The settings of `PUT /sandbox/behaviour`, with their defaults and rules. */
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

/**
 * `wrong-bytes`: other bytes than the hash says. `missing`: the file is not there. `cut`: the connection breaks in the
 * middle. `error`: HTTP 500.
 */
export const MEDIA_FAULTS = ['wrong-bytes', 'missing', 'cut', 'error'] as const;
export type MediaFault = (typeof MEDIA_FAULTS)[number];

export type HealthState = (typeof HEALTH_STATES)[number];
export type Category = (typeof CATEGORIES)[number];

export interface Behaviour extends PlanSettings {
  /** Sends receipts that fall due together in one POST. */
  readonly batchReceipts: boolean;
  /** Whether contacts who write by number also have a user id, as Meta sends it since 2026. */
  readonly userIds: boolean;
  /** Whether webhooks about failed messages name the contact, which Meta does only for the other statuses. */
  readonly contactsOfFailed: boolean;
  /** Added to every answer of the Graph API. */
  readonly latencyMs: number;
  /** Limit per phone number; calls above it are refused with 130429. Null is no limit. */
  readonly sendsPerSecond: number | null;
  /** `meta` applies Meta's own limits where their settings are null. */
  readonly limits: 'none' | 'meta';
  /** One message to one contact per this many seconds, else 131056. Null is no limit. */
  readonly pairSeconds: number | null;
  readonly pairBurst: number;
  /** Tokens that are refused with 190; true means all of them. */
  readonly expiredTokens: true | readonly string[];
  /** Every send of these phone numbers gets this code. */
  readonly senderErrors: Readonly<Record<string, number>>;
  /** The `health_status` of a phone number. */
  readonly health: Readonly<Record<string, HealthState>>;
  /** Names of templates whose sends are refused with 132015. */
  readonly templatePaused: readonly string[];
  /** Names of templates whose sends are answered with `held_for_quality_assessment`. */
  readonly templateHeld: readonly string[];
  /** Whether sends are compared with the stored templates. */
  readonly checkTemplates: boolean;
  /** The time that a created or edited template stays PENDING. */
  readonly reviewMs: number;
  /** Templates that contain one of these words are rejected. */
  readonly rejectWords: readonly string[];
  /** The category in which a template is approved, by name, if not the submitted one. */
  readonly recategorise: Readonly<Record<string, Category>>;
  /** Templates per account, in all languages. Null is no limit. */
  readonly templatesPerAccount: number | null;
  /** Minimum duration of a pause by pacing. */
  readonly unpauseAfterMs: number;
  /** Management calls per account; calls above it are refused with 80007. Null is no limit. */
  readonly managementCallsPerHour: number | null;
  /** Accounts or numbers whose marketing templates are refused with 131063 on the messages endpoint. */
  readonly marketingOff: readonly string[];
  readonly dropAnswers: AnswerDropping | null;
  readonly nextErrors: readonly ScriptedAnswer[];
  readonly nextFailures: readonly ScriptedFailure[];
  /** The identity of a phone number id, in place of the derived values. */
  readonly numbers: Readonly<Record<string, NumberIdentity>>;
  /** The portfolio of a business account; other accounts have one each. */
  readonly portfolios: Readonly<Record<string, string>>;
  /** The tokens that may use an account and its numbers; every token may use other accounts. */
  readonly accountTokens: Readonly<Record<string, readonly string[]>>;
  /** How the download of a file goes wrong, by the id of the file; `*` stands for every other file. */
  readonly mediaFaults: Readonly<Record<string, MediaFault>>;
  /** Whether the ledger is flushed to disk before a call is answered. */
  readonly fsync: boolean;
}

export type BehaviourPatch = Partial<Omit<Behaviour, 'receiptDelays'>> & {
  readonly receiptDelays?: Partial<ReceiptDelays>;
};

export const DEFAULT_BEHAVIOUR: Behaviour = {
  receipts: 'all',
  receiptDelays: { sentMs: 50, deliveredMs: 150, readMs: 400 },
  batchReceipts: true,
  userIds: true,
  contactsOfFailed: false,
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
  accountTokens: {},
  mediaFaults: {},
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
  userIds: asBoolean,
  contactsOfFailed: asBoolean,
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
  accountTokens: (value, field) => asMapOf(value, field, asTexts),
  mediaFaults: (value, field) => asMapOf(value, field, asOneOf(...MEDIA_FAULTS)),
  fsync: asBoolean,
};

/** The settings with the given fields changed; throws a SettingError for the first invalid field. */
export function applyPatch(current: Behaviour, patch: unknown): Behaviour {
  const given = asRecord(patch, 'body');
  rejectUnknown(given, Object.keys(READERS));
  const changed = Object.entries(READERS)
    .filter(([name]) => given[name] !== undefined)
    .map(([name, read]) => [name, read(given[name], name, current)]);
  return { ...current, ...(Object.fromEntries(changed) as Partial<Behaviour>) };
}
