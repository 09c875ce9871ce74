/** Readers of single settings: each returns the value, or throws a SettingError with the field. */
import { isRecord, type JsonRecord } from './json.ts';

const MAX_DELAY_MS = 86_400_000;
const MAX_CODE = 9_999_999;

export class SettingError extends Error {
  readonly field: string;

  constructor(field: string, rule: string) {
    super(`${field} ${rule}`);
    this.field = field;
  }
}

export function fail(field: string, rule: string): never {
  throw new SettingError(field, rule);
}

export function asNumber(value: unknown, field: string, [min, max]: readonly [number, number]): number {
  const isValid = typeof value === 'number' && value >= min && value <= max;
  return isValid ? value : fail(field, `must be a number from ${min} to ${max}`);
}

export function asWhole(value: unknown, field: string, range: readonly [number, number]): number {
  const number = asNumber(value, field, range);
  return Number.isInteger(number) ? number : fail(field, 'must be a whole number');
}

export const asDelay = (value: unknown, field: string): number => asNumber(value, field, [0, MAX_DELAY_MS]);

export const asCode = (value: unknown, field: string): number => asWhole(value, field, [0, MAX_CODE]);

export const asBoolean = (value: unknown, field: string): boolean =>
  typeof value === 'boolean' ? value : fail(field, 'must be true or false');

export const asText = (value: unknown, field: string): string =>
  typeof value === 'string' ? value : fail(field, 'must be a text');

export const asRecord = (value: unknown, field: string): JsonRecord =>
  isRecord(value) ? value : fail(field, 'must be an object');

export const asTexts = (value: unknown, field: string): string[] => asList(value, field, asText);

export const asList = <T>(value: unknown, field: string, read: (item: unknown, field: string) => T): T[] =>
  Array.isArray(value)
    ? value.map((item, index) => read(item, `${field}[${index}]`))
    : fail(field, 'must be a list');

/** An object with arbitrary names whose values share a reader. */
export const asMapOf = <T>(
  value: unknown,
  field: string,
  read: (item: unknown, field: string) => T,
): Record<string, T> =>
  Object.fromEntries(
    Object.entries(asRecord(value, field)).map(([name, item]) => [name, read(item, `${field}.${name}`)]),
  );

export const asOneOf =
  <const T extends string>(...choices: readonly T[]) =>
  (value: unknown, field: string): T =>
    choices.find((choice) => choice === value) ?? fail(field, `must be one of ${choices.join(', ')}`);

/** Also accepts null. */
export const orNull =
  <T>(read: (value: unknown, field: string) => T) =>
  (value: unknown, field: string): T | null =>
    value === null ? null : read(value, field);

export function rejectUnknown(given: JsonRecord, known: readonly string[], prefix = ''): void {
  const unknownName = Object.keys(given).find((name) => !known.includes(name));
  if (unknownName !== undefined) fail(`${prefix}${unknownName}`, 'is not known');
}

/** An object with the field if it is given, otherwise empty; to spread into an object with optional fields. */
export const optionally = <T>(
  given: JsonRecord,
  name: string,
  [prefix, read]: readonly [string, (value: unknown, field: string) => T],
): Record<string, T> => (given[name] === undefined ? {} : { [name]: read(given[name], `${prefix}.${name}`) });
