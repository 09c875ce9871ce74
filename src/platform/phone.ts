import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max';

/**
 * Numbers with two spellings: the canonical one, and the one that WhatsApp may use, because accounts keep the number that
 * they were registered with when a country changes its numbering plan.
 */
interface TwoSpellings {
  /** The plan no longer has the other spelling, of mobile and fixed numbers alike. */
  readonly isRenumbered?: true;
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
  // the operator: 0–3 Moov (01), 4–6 MTN (05), 7–9 Orange (07).
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
  // Of its fixed lines, the third of the old digits names the operator: 8 Moov (21), 0 MTN (25), others Orange (27). The
  // phone library has exactly these: after 27, no number has a 0 or 8 there.
  ...(
    [
      ['21', '2\\d8'],
      ['25', '[23]\\d0'],
      ['27', '2\\d[1-79]|3\\d[1-9]'],
    ] as const
  ).map(([prefix, digits]): TwoSpellings => ({
    isRenumbered: true,
    other: new RegExp(`^\\+225((?:${digits})\\d{5})$`),
    toCanonical: `+225${prefix}$1`,
    canonical: new RegExp(`^\\+225${prefix}((?:${digits})\\d{5})$`),
    toOther: '+225$1',
  })),
  // Gabon replaced the 0 of its 8 digits by the operator's digit on 2019-11-15, and ended the old numbers on 2024-04-06
  // (ARCEP Gabon; ANINF, 2024-02-29): 02, 05 and 06 became 62, 65 and 66; 04 and 07 became 74 and 77; 01 became 11. The
  // old 0 was often omitted after the country code.
  ...(
    [
      ['6', '[256]', '0'],
      ['6', '[256]', ''],
      ['7', '[47]', '0'],
      ['7', '[47]', ''],
      ['1', '1', '0'],
    ] as const
  ).map(([digit, first, old]): TwoSpellings => ({
    isRenumbered: true,
    other: new RegExp(`^\\+241${old}(${first}\\d{6})$`),
    toCanonical: `+241${digit}$1`,
    canonical: new RegExp(`^\\+241${digit}(${first}\\d{6})$`),
    toOther: `+241${old}$1`,
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
  return canonicalSpelling(given?.number ?? compact) ?? given?.number ?? null;
}

/**
 * The canonical spelling of a number in its other spelling; undefined for all other numbers. Also in ranges that the phone
 * library does not know (yet).
 */
function canonicalSpelling(phone: string): string | undefined {
  const spelling = twoSpellings.find(({ other }) => other.test(phone));
  return spelling === undefined
    ? undefined
    : parsePossible(phone.replace(spelling.other, spelling.toCanonical))?.number;
}

/** The country of a number (ISO 3166), as far as its digits tell; undefined for numbers of no country. */
export const countryOfPhone = (phone: string): CountryCode | undefined =>
  parsePhoneNumberFromString(phone)?.country;

/** Every spelling of a canonical number, the canonical one first. */
export function spellingsOfPhone(canonical: string): readonly [string, ...string[]] {
  const others = twoSpellings
    .filter((spelling) => spelling.canonical.test(canonical))
    .map((spelling) => canonical.replace(spelling.canonical, spelling.toOther));
  return [canonical, ...others.filter((other) => normalisePhone(other) === canonical)];
}

/** Whether the numbering plan of the country allows this number; false after a change, even if the library does not know it. */
export const isPossiblePhone = (phone: string): boolean =>
  parsePossible(phone) !== undefined &&
  !twoSpellings.some(({ isRenumbered, other }) => isRenumbered === true && other.test(phone));
