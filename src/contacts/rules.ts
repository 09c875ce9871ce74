import { parsePhoneNumberFromString, type PhoneNumber } from 'libphonenumber-js/max';

export const optInStatuses = ['unknown', 'opted-in', 'opted-out'] as const;
export type OptInStatus = (typeof optInStatuses)[number];

/** What the log of consent can say: a status, or the person's own switch for marketing at WhatsApp. */
export const consentWords = [...optInStatuses, 'marketing-stopped', 'marketing-resumed'] as const;
export type ConsentWord = (typeof consentWords)[number];

/** Names that the provider hands on are cut here; people are told about the limit instead. */
export const maximumNameLength = 200;

export const maximumCustomFields = 50;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * When a suspect number is compared with what has reached it since. Soon, because receipts that cross are stored within
 * seconds of each other; then until no message that was under way is waited for any more.
 */
const reviewWaitsMs = [5 * minuteMs, hourMs, 24 * hourMs, 72 * hourMs] as const;

/** The look after so many looks; null when there is no further one. */
export function nextReviewAfter(reviews: number, now: Date): Date | null {
  const waitMs = reviewWaitsMs[reviews];
  return waitMs === undefined ? null : new Date(now.getTime() + waitMs);
}

/** One mobile number that is written in two ways: how callers write it today, and how WhatsApp may name it. */
interface TwoSpellings {
  readonly other: RegExp;
  readonly toCanonical: string;
  readonly canonical: RegExp;
  readonly toOther: string;
}

const twoSpellings: readonly TwoSpellings[] = [
  // Brazil put a 9 before its mobile numbers; accounts made before that keep a `wa_id` of eight digits.
  {
    other: /^\+55(?<area>\d{2})(?<rest>[6-9]\d{7})$/,
    toCanonical: '+55$<area>9$<rest>',
    canonical: /^\+55(?<area>\d{2})9(?<rest>[6-9]\d{7})$/,
    toOther: '+55$<area>$<rest>',
  },
  // Mexico gave up the 1 after its country code in 2019; a `wa_id` still has it.
  { other: /^\+521(\d{10})$/, toCanonical: '+52$1', canonical: /^\+52(\d{10})$/, toOther: '+521$1' },
  // Argentina's mobile numbers need a 9 when they are called from abroad, and people leave it out.
  { other: /^\+54([1-3]\d{9})$/, toCanonical: '+549$1', canonical: /^\+549([1-3]\d{9})$/, toOther: '+54$1' },
];

const parsePossible = (phone: string) => {
  const parsed = parsePhoneNumberFromString(phone);
  return parsed?.isPossible() === true ? parsed : undefined;
};

/**
 * A phone number as E.164 with `+` in its one canonical spelling, or null when it cannot be one. Separators that
 * people type are dropped. The length is checked against the country's plan; whether the number exists, only
 * WhatsApp knows.
 */
export function normalisePhone(input: string): string | null {
  const compact = input.replace(/[\s().-]|\p{Cf}/gu, '');
  if (!/^\+[1-9]\d{6,14}$/.test(compact)) return null;
  const given = parsePossible(compact);
  // What was dropped (a zero after the country code) may hide another one: the result must stay as it is.
  if (given !== undefined && given.number.length < compact.length) return normalisePhone(given.number);
  return canonicalSpelling(given?.number ?? compact, given !== undefined) ?? given?.number ?? null;
}

/** The canonical spelling of a number written the other way; undefined when it is not such a number. */
function canonicalSpelling(phone: string, isPossible: boolean): string | undefined {
  const spelling = twoSpellings.find(({ other }) => other.test(phone));
  if (spelling === undefined) return undefined;
  const read = [parsePossible(phone.replace(spelling.other, spelling.toCanonical))];
  // A number that is fine as it stands is only read another way when that gives a mobile number.
  return read.find((candidate) => candidate !== undefined && (!isPossible || isMobile(candidate)))?.number;
}

const isMobile = (phone: PhoneNumber): boolean => phone.isValid() && phone.getType() !== 'FIXED_LINE';

/** Every spelling under which the person of a canonical number may be known; the canonical one is the first. */
export function spellingsOfPhone(canonical: string): readonly [string, ...string[]] {
  const spelling = twoSpellings.find((entry) => entry.canonical.test(canonical));
  if (spelling === undefined) return [canonical];
  const other = canonical.replace(spelling.canonical, spelling.toOther);
  return normalisePhone(other) === canonical ? [canonical, other] : [canonical];
}

/** The provider's `wa_id` and `from` are digits without `+`. */
export const phoneOfWhatsappId = (whatsappId: string): string | null => normalisePhone(`+${whatsappId}`);

export const identityFields = ['phoneNumber', 'whatsappId', 'businessScopedUserId'] as const;

export type AnyIdentity = { readonly [F in (typeof identityFields)[number]]?: string | undefined };

/** The phones that an identity names. A `wa_id` stands for the number that it is, in its canonical spelling. */
function phonesOf({ phoneNumber, whatsappId }: AnyIdentity): string[] {
  const phoneOfId = whatsappId === undefined ? null : phoneOfWhatsappId(whatsappId);
  return [...new Set([phoneNumber, phoneOfId].filter((phone) => typeof phone === 'string'))];
}

const keysOf = (phones: readonly string[], { businessScopedUserId: id }: AnyIdentity): string[] => [
  ...phones.map((phone) => `tel:${phone}`),
  ...(id === undefined ? [] : [`id:${id}`]),
];

/** What a contact with this identity is stored under: no other contact of the client can have one of these keys. */
export const identityKeysOf = (identity: AnyIdentity): string[] => keysOf(phonesOf(identity), identity);

/** What a contact with this identity may be stored under: also a spelling from before there was a canonical one. */
export const lookupKeysOf = (identity: AnyIdentity): string[] =>
  keysOf(phonesOf(identity).flatMap(spellingsOfPhone), identity);

/** Longer names are told apart by what comes first. */
const maximumKeyLength = 64;

/** A name as it is searched and sorted: without accents, in lower case, with single spaces. */
export function nameKeyOf(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return plain.replace(/\s+/gu, ' ').trim().slice(0, maximumKeyLength);
}

export interface PersonSearch {
  readonly field: 'nameKey' | 'phoneNumber';
  readonly prefix: string;
}

/** What `q` looks for: digits with or without `+` are the beginning of a phone number, all else that of a name. */
export function searchOf(q: string): PersonSearch {
  const digits = q.replace(/[\s().-]/g, '').replace(/^\+/, '');
  return /^\d+$/.test(digits)
    ? { field: 'phoneNumber', prefix: `+${digits}` }
    : { field: 'nameKey', prefix: nameKeyOf(q) };
}
