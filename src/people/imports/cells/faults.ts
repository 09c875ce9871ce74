/** Why a cell cannot be read. Each code has one cause, so that a report can say what to change. */
export const cellFaultCodes = [
  /** A result of a spreadsheet such as `#N/A` or `#REF!`. */
  'spreadsheet-error',
  /** A formula in place of its result. */
  'formula',
  'control-character',
  'line-break',
  'too-long',
  /** `--` in a cell that cannot be emptied. */
  'cannot-clear',
  /** `4.4E+11`: the spreadsheet kept a few of the digits. */
  'phone-scientific',
  /** `491510000000`: the digits that such a spreadsheet lost are zeros. */
  'phone-rounded',
  /** `4915112345678.0`: a number went through a column of decimals. */
  'phone-decimal',
  'phone-extension',
  'phone-several',
  'phone-letters',
  'phone-masked',
  /** Without `+` and country code, and no country was chosen for the file. */
  'phone-no-country',
  /** Two different numbers, depending on whether the digits begin with a country code. */
  'phone-ambiguous',
  'phone-invalid',
  'number-invalid',
  'number-ambiguous',
  'number-scientific',
  /** More digits than a number can be stored with. */
  'number-too-precise',
  'boolean-invalid',
  'date-invalid',
  'date-ambiguous',
  'date-short-year',
  /** The number of days by which a spreadsheet counts dates. */
  'date-serial',
  'date-no-zone',
  'option-unknown',
  'tag-too-long',
  'too-many-tags',
  'consent-invalid',
  'user-id-invalid',
  /** Not the IANA name of a place, such as `Europe/Berlin`. */
  'zone-invalid',
] as const;

export type CellFaultCode = (typeof cellFaultCodes)[number];

export type Read<T> =
  | { readonly kind: 'value'; readonly value: T }
  /** Leaves what the contact has. */
  | { readonly kind: 'blank' }
  /** Empties it. */
  | { readonly kind: 'clear' }
  | { readonly kind: 'fault'; readonly code: CellFaultCode };

export const valueOf = <T>(value: T): Read<T> => ({ kind: 'value', value });
export const faultOf = (code: CellFaultCode): Read<never> => ({ kind: 'fault', code });
export const blank: Read<never> = { kind: 'blank' };
const clear: Read<never> = { kind: 'clear' };

const errorOfSpreadsheet =
  /^#(?:N\/A|NV|REF!|BEZUG!|VALUE!|WERT!|DIV\/0!|NAME\?|NUM!|ZAHL!|NULL!|SPILL!|CALC!)$/i;

/**
 * What every type has in common: nothing, `--`, or something that a spreadsheet left in place of a value. Undefined for
 * a cell that its type reads.
 */
export function readCommon(text: string): Read<never> | undefined {
  if (text === '') return blank;
  if (text === '--') return clear;
  if (errorOfSpreadsheet.test(text) || /^#{2,}$/.test(text)) return faultOf('spreadsheet-error');
  return undefined;
}
