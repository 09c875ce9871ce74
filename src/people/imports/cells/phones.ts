import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max';
import { normalisePhone } from '../../../platform/phone.ts';
import { faultOf, readCommon, valueOf, type CellFaultCode, type Read } from './faults.ts';
import { plainDigits, withoutLink, withoutTextGuard } from './phone-text.ts';

export interface PhoneOptions {
  /** The country of numbers without `+`. */
  readonly defaultCountry?: CountryCode | undefined;
  /** What numbers without `+` and without a leading zero are; needed only where both can be meant. */
  readonly bareDigits?: 'international' | 'national' | undefined;
}

/** Both readings of a number without `+`; each only if the plan of its country has the number. */
export interface Readings {
  readonly international?: string;
  readonly national?: string;
}

/** A number in its canonical spelling, or why there is none. Never guesses: a wrong number is another person. */
export function readPhone(cell: string, options: PhoneOptions): Read<string> {
  const trimmed = plainDigits(cell).trim();
  const common = readCommon(trimmed);
  if (common !== undefined) return common;
  const text = withoutLink(withoutTextGuard(trimmed));
  const fault = faultOfText(text);
  if (fault !== undefined) return faultOf(fault);
  const compact = compactOf(text);
  if (compact.startsWith('+')) return numberOrFault(normalisePhone(compact) ?? undefined);
  return readWithoutPlus(compact, options);
}

const compactOf = (text: string): string => text.replace(/[\s()./\p{Pd}]/gu, '').replace(/^00(?=[1-9])/, '+');

const numberOrFault = (number: string | undefined): Read<string> =>
  number === undefined ? faultOf('phone-invalid') : valueOf(number);

function readWithoutPlus(digits: string, { defaultCountry, bareDigits }: PhoneOptions): Read<string> {
  const { international, national } = readingsOf(digits, defaultCountry);
  // No country code begins with 0, so only the national reading is left.
  if (digits.startsWith('0'))
    return defaultCountry === undefined ? faultOf('phone-no-country') : numberOrFault(national);
  if (bareDigits === 'international') return numberOrFault(international);
  if (defaultCountry === undefined) return faultOf('phone-no-country');
  if (bareDigits === 'national') return numberOrFault(national);
  const isBoth = international !== undefined && national !== undefined && international !== national;
  return isBoth ? faultOf('phone-ambiguous') : numberOrFault(international ?? national);
}

/** The readings of digits alone. `447911123456` is a British number, and a German one after +49. */
export function readingsOf(digits: string, defaultCountry: CountryCode | undefined): Readings {
  const international = validNumber(`+${digits}`);
  const national = defaultCountry === undefined ? undefined : validNumber(digits, defaultCountry);
  return {
    ...(international === undefined || digits.startsWith('0') ? {} : { international }),
    ...(national === undefined ? {} : { national }),
  };
}

function validNumber(text: string, country?: CountryCode): string | undefined {
  const parsed = parsePhoneNumberFromString(text, country);
  if (parsed?.isValid() !== true) return undefined;
  return normalisePhone(parsed.number) ?? undefined;
}

/** The digits of a cell that has no `+`; undefined for other cells. For the counts of a column. */
export function bareDigitsOf(cell: string): string | undefined {
  const text = withoutLink(withoutTextGuard(plainDigits(cell).trim()));
  if (faultOfText(text) !== undefined) return undefined;
  const compact = compactOf(text);
  return /^[1-9]\d{6,14}$/.test(compact) ? compact : undefined;
}

const digitCount = (text: string): number => text.replace(/\D/g, '').length;

const extension =
  /(?:(?<!\p{L})(?:ext?\.?|x|durchwahl|dw\.?|poste|ramal|int\.|dahili)|;ext=|#)\s*:?\s*\d{1,6}$/iu;
const several = /[,;|\n\r&]|\s(?:or|oder|ou|o|e|und|and|et|y|atau|veya|या|أو|或)\s/iu;

/** Whether the text holds two numbers; a slash may also follow an area code. */
function isSeveral(text: string): boolean {
  if ((text.match(/\+/g)?.length ?? 0) > 1) return true;
  const parts = text.split(several).filter((part) => digitCount(part) > 0);
  if (parts.length > 1) return true;
  const [before = '', ...after] = text.split('/');
  return after.length > 0 && (digitCount(before) > 7 || after.length > 1 || digitCount(after[0] ?? '') < 4);
}

function faultOfText(text: string): CellFaultCode | undefined {
  if (/^\+?\d+(?:[.,]\d+)?e[+-]?\d+$/i.test(text)) return 'phone-scientific';
  if (text.startsWith('=')) return 'formula';
  if (/^\d{5,}[.,]\d{1,2}$/.test(text)) return 'phone-decimal';
  if (/[*•…]|x{3}/i.test(text)) return 'phone-masked';
  if (extension.test(text)) return 'phone-extension';
  if (isSeveral(text)) return 'phone-several';
  if (/\p{L}/u.test(text)) return 'phone-letters';
  // Five digits and the rest zeros: shown as 4.9151E+12, saved, and read as a whole number.
  if (/^[1-9]\d{4,}0{6}$/.test(text)) return 'phone-rounded';
  return /^\+?[\d\s()./\p{Pd}]+$/u.test(text) ? undefined : 'phone-invalid';
}
