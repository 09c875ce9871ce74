import { parsePhoneNumberFromString, type PhoneNumber } from 'libphonenumber-js/max';

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
