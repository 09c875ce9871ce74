/** The small checks of which the content rules are made. Pure. */
import { isRecord, wordOf, type JsonRecord } from '../json.ts';

export interface InputProblem {
  readonly kind: 'invalid';
  readonly code: 100 | 131008 | 131009 | 132018;
  readonly details: string;
}

export type Found = InputProblem | null;

/** Looks at the object that carries the name of the type. */
export type Check = (content: JsonRecord) => Found;

export const missing = (path: string): InputProblem => ({
  kind: 'invalid',
  code: 131008,
  details: `The parameter ${path} is required.`,
});

export const wrong = (path: string, rule: string): InputProblem => ({
  kind: 'invalid',
  code: 131009,
  details: `Parameter ${path} is not valid: ${rule}.`,
});

/** A parameter of a template's text: it may not change the shape of the text. */
export const checkWords = (value: string, where: string): Found =>
  /[\n\r\t]| {5}/.test(value)
    ? {
        kind: 'invalid',
        code: 132018,
        details: `${where}: Param text cannot have new-line/tab characters or more than 4 consecutive spaces`,
      }
    : null;

/** Looks at one text field; `limit` counts characters, an absent field is fine unless it is required. */
export function checkText(value: unknown, path: string, limit: number, isRequired = true): Found {
  if (value === undefined || value === '') return isRequired ? missing(path) : null;
  if (typeof value !== 'string') return wrong(path, 'it must be a string');
  return value.length > limit ? wrong(path, `it must be at most ${limit} characters long`) : null;
}

export const optionalText = (value: unknown, path: string, limit: number): Found =>
  checkText(value, path, limit, false);

export function firstProblem<T>(items: readonly T[], check: (item: T, index: number) => Found): Found {
  for (const [index, item] of items.entries()) {
    const found = check(item, index);
    if (found !== null) return found;
  }
  return null;
}

/** A list of objects between two lengths, each of which is checked. */
export function checkList(
  value: unknown,
  path: string,
  [min, max]: readonly [number, number],
  check: (item: JsonRecord, path: string) => Found,
): Found {
  if (!Array.isArray(value) || value.length < min) return missing(path);
  if (value.length > max) return wrong(path, `at most ${max} are allowed`);
  return firstProblem<unknown>(value, (item, index) => {
    const itemPath = `${path}[${index}]`;
    return isRecord(item) ? check(item, itemPath) : wrong(itemPath, 'it must be an object');
  });
}

export function checkObject(value: unknown, path: string, check: (item: JsonRecord) => Found): Found {
  if (value === undefined) return missing(path);
  return isRecord(value) ? check(value) : wrong(path, 'it must be an object');
}

export function checkOneOf(value: unknown, path: string, choices: readonly string[]): Found {
  if (value === undefined) return missing(path);
  return choices.includes(wordOf(value)) ? null : wrong(path, `it must be one of ${choices.join(', ')}`);
}

/** `seen` is filled: an id that comes again is a problem. */
export function checkUnique(value: unknown, path: string, seen: Set<unknown>): Found {
  if (seen.has(value)) return wrong(path, 'ids must be unique');
  seen.add(value);
  return null;
}

export function checkCoordinate(value: unknown, path: string, limit: number): Found {
  if (value === undefined) return missing(path);
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  const isFine = (typeof value === 'number' || typeof value === 'string') && Math.abs(number) <= limit;
  return isFine ? null : wrong(path, 'it must be a number');
}
