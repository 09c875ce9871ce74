import { z } from 'zod';
import type { ChangeContext } from './change-reader.ts';

/** A change of a business account or its numbers that affects sending. */
export interface AccountItem {
  readonly kind: 'account';
  readonly wabaId: string;
  /** The time of the event; null if the body does not give it. */
  readonly atMs: number | null;
  readonly event:
    /** People to whom the business may start a conversation in 24 h; null for no limit. */
    | { readonly type: 'messaging-limit'; readonly limit: number | null }
    /** Quality or throughput has changed; `describeNumber` reads the new values. */
    | { readonly type: 'number-changed' }
    /** No messages, or none before `until`. `word` is Meta's code for the restriction. */
    | { readonly type: 'blocked'; readonly word: string; readonly until?: Date }
    /** As `blocked`, but only for conversations that the business starts. */
    | { readonly type: 'restricted'; readonly word: string; readonly until?: Date }
    | { readonly type: 'reinstated'; readonly word: string };
}

/** An item before `readWith` adds the time, which all items of a value share. */
type UntimedItem = Omit<AccountItem, 'atMs'>;

type Read = readonly (AccountItem | { readonly kind: 'invalid'; readonly reason: string })[];

const word = z.string().max(128);

const Capability = z.looseObject({
  max_daily_conversations_per_business: z.union([z.number().int(), word]).optional().catch(undefined),
});

const Restriction = z.looseObject({
  restriction_type: word.catch(''),
  expiration: z.union([z.number(), word]).optional().catch(undefined),
});

const AccountUpdate = z.looseObject({
  event: word,
  restriction_info: z.array(Restriction).optional().catch(undefined),
  ban_info: z.looseObject({ waba_ban_state: word }).optional().catch(undefined),
});

/** Reads the fields about an account's permission to send; null for every other field. */
export function readNumberChange(field: string, value: unknown, context: ChangeContext): Read | null {
  switch (field) {
    case 'business_capability_update':
      return readWith(Capability, value, context, readLimit);
    case 'phone_number_quality_update':
      return readWith(Capability, value, context, (read, wabaId) => [
        ...readLimit(read, wabaId),
        { kind: 'account', wabaId, event: { type: 'number-changed' } },
      ]);
    case 'account_update':
      return readWith(AccountUpdate, value, context, readAccountUpdate);
    default:
      return null;
  }
}

function readWith<Value>(
  schema: z.ZodType<Value>,
  given: unknown,
  { wabaId, atMs, path }: ChangeContext,
  read: (value: Value, wabaId: string) => readonly UntimedItem[],
): Read {
  const value = schema.safeParse(given);
  if (!value.success || wabaId === null) return [{ kind: 'invalid', reason: `${path} is not readable` }];
  return read(value.data, wabaId).map((item) => ({ ...item, atMs }));
}

function readLimit(value: z.output<typeof Capability>, wabaId: string): UntimedItem[] {
  const given = value.max_daily_conversations_per_business;
  const limit = given === undefined ? undefined : messagingLimitOf(given);
  return limit === undefined ? [] : [{ kind: 'account', wabaId, event: { type: 'messaging-limit', limit } }];
}

const tiers: ReadonlyMap<string, number | null> = new Map([
  ['TIER_50', 50],
  ['TIER_250', 250],
  ['TIER_1K', 1_000],
  ['TIER_2K', 2_000],
  ['TIER_10K', 10_000],
  ['TIER_100K', 100_000],
  ['TIER_UNLIMITED', null],
  ['UNLIMITED', null],
]);

/** A limit in any of Meta's forms; null for no limit, undefined for an unknown form. */
export function messagingLimitOf(given: number | string): number | null | undefined {
  if (typeof given === 'number') return given < 0 ? null : given;
  return tiers.get(given) ?? (tiers.has(given) ? null : undefined);
}

function readAccountUpdate(value: z.output<typeof AccountUpdate>, wabaId: string): UntimedItem[] {
  const { event: name, restriction_info: restrictions = [], ban_info: ban } = value;
  const itemOf = (event: AccountItem['event']): UntimedItem[] => [{ kind: 'account', wabaId, event }];
  const blocked = (meta: string, until?: Date): UntimedItem[] =>
    itemOf({ type: 'blocked', word: meta, ...(until === undefined ? {} : { until }) });
  switch (name) {
    case 'ACCOUNT_RESTRICTION': {
      const messaging = restrictions.filter(({ restriction_type: type }) => /MESSAGING/.test(type));
      const initiated = messaging.filter(({ restriction_type: type }) => /BIZ_INITIATED/.test(type));
      const answers = messaging.filter((restriction) => !initiated.includes(restriction));
      return [
        ...lastOf(initiated).flatMap((end) => itemOf({ type: 'restricted', ...end })),
        ...lastOf(answers).flatMap(({ word: meta, until }) => blocked(meta, until)),
      ];
    }
    case 'DISABLED_UPDATE':
      if (ban?.waba_ban_state === 'DISABLE') return blocked(name);
      return ban?.waba_ban_state === 'REINSTATE' ? itemOf({ type: 'reinstated', word: name }) : [];
    case 'ACCOUNT_DELETED':
    case 'ACCOUNT_OFFBOARDED':
      return blocked(name);
    case 'ACCOUNT_RECONNECTED':
      return itemOf({ type: 'reinstated', word: name });
    default:
      return [];
  }
}

interface End {
  readonly word: string;
  readonly until?: Date;
}

/** The restriction that ends last; one without an end counts as the last. Empty if there is none. */
function lastOf(restrictions: readonly z.output<typeof Restriction>[]): End[] {
  const ends = restrictions.map(({ restriction_type: meta, expiration }): End => {
    const until = timeOf(expiration);
    return { word: meta, ...(until === undefined ? {} : { until }) };
  });
  return ends.sort((one, other) => endMsOf(other) - endMsOf(one)).slice(0, 1);
}

const endMsOf = ({ until }: End): number => until?.getTime() ?? Number.MAX_SAFE_INTEGER;

/** Meta sends the end in epoch seconds, as a number or as text. */
function timeOf(given: number | string | undefined): Date | undefined {
  const seconds = Number(given);
  return Number.isFinite(seconds) && seconds > 0 && seconds < 1e11 ? new Date(seconds * 1_000) : undefined;
}
