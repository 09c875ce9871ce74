import type { CountryCode } from 'libphonenumber-js/max';
import { countryOfPhone } from '../../../platform/phone.ts';
import { bareDigitsOf, readingsOf, readPhone } from '../cells/phones.ts';

/** How the numbers of a column can be read. Every cell with text is counted once. */
export interface PhoneColumn {
  readonly cells: number;
  /** With `+` or `00` and a country code. */
  readonly international: number;
  /** Digits that are a number in one reading only, or the same number in both. */
  readonly onlyInternational: number;
  readonly onlyNational: number;
  readonly sameInBoth: number;
  /** Digits that are two numbers: the user must say which ones are meant. */
  readonly different: number;
  readonly unreadable: number;
}

/** Counts the readings of a column, so that users can choose between them for the whole of it. */
export function countReadings(cells: readonly string[], country: CountryCode | undefined): PhoneColumn {
  const counts = {
    ...{ cells: 0, international: 0, onlyInternational: 0, onlyNational: 0 },
    ...{ sameInBoth: 0, different: 0, unreadable: 0 },
  };
  for (const cell of cells) {
    if (cell.trim() === '') continue;
    counts.cells += 1;
    counts[readingOf(cell, country)] += 1;
  }
  return counts;
}

function readingOf(cell: string, country: CountryCode | undefined): Exclude<keyof PhoneColumn, 'cells'> {
  const digits = bareDigitsOf(cell);
  if (digits === undefined) {
    if (readPhone(cell, {}).kind === 'value') return 'international';
    return readPhone(cell, { defaultCountry: country }).kind === 'value' ? 'onlyNational' : 'unreadable';
  }
  const { international, national } = readingsOf(digits, country);
  if (international === undefined) return national === undefined ? 'unreadable' : 'onlyNational';
  if (national === undefined) return 'onlyInternational';
  return international === national ? 'sameInBoth' : 'different';
}

export interface CountryProposal {
  readonly country: CountryCode;
  /** The share of the numbers with a country code that are of it. */
  readonly share: number;
  readonly because: 'numbers' | 'channel';
}

const minShare = 0.5;
const minNumbers = 3;

/**
 * The country of numbers without `+`: that of most numbers with it, else that of the business's own number. A proposal
 * only; users choose. Undefined if neither says anything.
 */
export function proposeCountry(
  cells: readonly string[],
  ownNumber: string | undefined,
): CountryProposal | undefined {
  const found = cells
    .map((cell) => readPhone(cell, {}))
    .flatMap((read) => (read.kind === 'value' ? [read.value] : []));
  const countries = found.map(countryOfPhone).filter((country) => country !== undefined);
  const counts = new Map<CountryCode, number>();
  for (const country of countries) counts.set(country, (counts.get(country) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  if (most !== undefined && countries.length >= minNumbers && most[1] > countries.length * minShare)
    return { country: most[0], share: most[1] / countries.length, because: 'numbers' };
  const own = ownNumber === undefined ? undefined : countryOfPhone(ownNumber);
  if (own === undefined) return undefined;
  return { country: own, share: (counts.get(own) ?? 0) / Math.max(1, countries.length), because: 'channel' };
}
