import { parsePhoneNumberFromString, type PhoneNumber } from 'libphonenumber-js/max';

/**
 * Mobile numbers with two spellings: the canonical one, and the one that WhatsApp may use, because accounts keep the
 * number that they were registered with when a country changes its numbering plan.
 */
interface TwoSpellings {
  readonly other: RegExp;
  readonly toCanonical: string;
  readonly canonical: RegExp;
  readonly toOther: string;
}

const twoSpellings: readonly TwoSpellings[] = [
  // Brazil added a 9 to its mobile numbers; older accounts keep a `wa_id` without it.
  {
    other: /^\+55(?<area>\d{2})(?<rest>[6-9]\d{7})$/,
    toCanonical: '+55$<area>9$<rest>',
    canonical: /^\+55(?<area>\d{2})9(?<rest>[6-9]\d{7})$/,
    toOther: '+55$<area>$<rest>',
  },
  // Mexico dropped the 1 after its country code in 2019; a `wa_id` still has it.
  { other: /^\+521(\d{10})$/, toCanonical: '+52$1', canonical: /^\+52(\d{10})$/, toOther: '+521$1' },
  // Argentina's mobile numbers need a 9 when called from abroad, but it is often omitted.
  { other: /^\+54([1-3]\d{9})$/, toCanonical: '+549$1', canonical: /^\+549([1-3]\d{9})$/, toOther: '+54$1' },
  // Benin put 01 before its 8 digits on 2024-11-30 (ARCEP Benin, decision 2020-349).
  {
    other: /^\+229([24-9]\d{7})$/,
    toCanonical: '+22901$1',
    canonical: /^\+22901([24-9]\d{7})$/,
    toOther: '+229$1',
  },
  // Ivory Coast put the operator's prefix before its 8 digits on 2021-01-31 (ARTCI). The second of the old digits names
  // the operator: 0–3 Moov (01), 4–6 MTN (05), 7–9 Orange (07). Fixed lines began with 2 or 3 and have no rule.
  ...(
    [
      ['01', '[0-3]'],
      ['05', '[4-6]'],
      ['07', '[7-9]'],
    ] as const
  ).map(([prefix, operator]): TwoSpellings => ({
    other: new RegExp(`^\\+225([04-9]${operator}\\d{6})$`),
    toCanonical: `+225${prefix}$1`,
    canonical: new RegExp(`^\\+225${prefix}([04-9]${operator}\\d{6})$`),
    toOther: '+225$1',
  })),
];

/** The digits of a text, without whatever separates them. */
export const digitsOf = (text: string): string => text.replace(/\D/g, '');

const parsePossible = (phone: string) => {
  const parsed = parsePhoneNumberFromString(phone);
  return parsed?.isPossible() === true ? parsed : undefined;
};

/**
 * The canonical spelling of a phone number, in E.164 with `+`; null if it cannot be one. Drops separators. Checks the
 * length against the country's numbering plan; only WhatsApp knows whether the number exists.
 */
export function normalisePhone(input: string): string | null {
  const compact = input.replace(/[\s().-]|\p{Cf}/gu, '');
  if (!/^\+[1-9]\d{6,14}$/.test(compact)) return null;
  const given = parsePossible(compact);
  // The parser may drop a zero after the country code and reveal another; repeat until the result is stable.
  if (given !== undefined && given.number.length < compact.length) return normalisePhone(given.number);
  return canonicalSpelling(given?.number ?? compact, given !== undefined) ?? given?.number ?? null;
}

/** The canonical spelling of a number in its other spelling; undefined for all other numbers. */
function canonicalSpelling(phone: string, isPossible: boolean): string | undefined {
  const spelling = twoSpellings.find(({ other }) => other.test(phone));
  if (spelling === undefined) return undefined;
  const read = [parsePossible(phone.replace(spelling.other, spelling.toCanonical))];
  // A possible number is respelt only if the result is a mobile number.
  return read.find((candidate) => candidate !== undefined && (!isPossible || isMobile(candidate)))?.number;
}

const isMobile = (phone: PhoneNumber): boolean => phone.isValid() && phone.getType() !== 'FIXED_LINE';

/** Every spelling of a canonical number, the canonical one first. */
export function spellingsOfPhone(canonical: string): readonly [string, ...string[]] {
  const spelling = twoSpellings.find((entry) => entry.canonical.test(canonical));
  if (spelling === undefined) return [canonical];
  const other = canonical.replace(spelling.canonical, spelling.toOther);
  return normalisePhone(other) === canonical ? [canonical, other] : [canonical];
}

/** Whether the numbering plan of the country allows this number; false after a change that the library does not know. */
export const isPossiblePhone = (phone: string): boolean => parsePossible(phone) !== undefined;
