/** Basic checks for the content rules. Pure. */
import { isRecord, scalarText, type JsonRecord } from '../json.ts';

export interface InputProblem {
  readonly kind: 'invalid';
  readonly code: 100 | 131008 | 131009 | 132018;
  readonly details: string;
}

export type CheckResult = InputProblem | null;

/** Checks the object that is named after the type. */
export type Check = (content: JsonRecord) => CheckResult;

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

/** A parameter in the text of a template: Meta refuses line breaks, tabs and gaps. */
export const checkSingleLine = (value: string, where: string): CheckResult =>
  /[\n\r\t]| {5}/.test(value)
    ? {
        kind: 'invalid',
        code: 132018,
        details: `${where}: Param text cannot have new-line/tab characters or more than 4 consecutive spaces`,
      }
    : null;

/** Checks a text field of at most `limit` characters; it may be absent unless required. */
export function checkText(value: unknown, path: string, limit: number, isRequired = true): CheckResult {
  if (value === undefined || value === '') return isRequired ? missing(path) : null;
  if (typeof value !== 'string') return wrong(path, 'it must be a string');
  return value.length > limit ? wrong(path, `it must be at most ${limit} characters long`) : null;
}

export const optionalText = (value: unknown, path: string, limit: number): CheckResult =>
  checkText(value, path, limit, false);

export function firstProblem<T>(
  items: readonly T[],
  check: (item: T, index: number) => CheckResult,
): CheckResult {
  for (const [index, item] of items.entries()) {
    const found = check(item, index);
    if (found !== null) return found;
  }
  return null;
}

/** Checks the length of a list of objects, and each object. */
export function checkList(
  value: unknown,
  path: string,
  [min, max]: readonly [number, number],
  check: (item: JsonRecord, path: string) => CheckResult,
): CheckResult {
  if (!Array.isArray(value) || value.length < min) return missing(path);
  if (value.length > max) return wrong(path, `at most ${max} are allowed`);
  return firstProblem<unknown>(value, (item, index) => {
    const itemPath = `${path}[${index}]`;
    return isRecord(item) ? check(item, itemPath) : wrong(itemPath, 'it must be an object');
  });
}

export function checkObject(
  value: unknown,
  path: string,
  check: (item: JsonRecord) => CheckResult,
): CheckResult {
  if (value === undefined) return missing(path);
  return isRecord(value) ? check(value) : wrong(path, 'it must be an object');
}

export function checkOneOf(value: unknown, path: string, choices: readonly string[]): CheckResult {
  if (value === undefined) return missing(path);
  return choices.includes(scalarText(value)) ? null : wrong(path, `it must be one of ${choices.join(', ')}`);
}

/** Adds the id to `seen`; a repeated id is a problem. */
export function checkUnique(value: unknown, path: string, seen: Set<unknown>): CheckResult {
  if (seen.has(value)) return wrong(path, 'ids must be unique');
  seen.add(value);
  return null;
}

export function checkCoordinate(value: unknown, path: string, limit: number): CheckResult {
  if (value === undefined) return missing(path);
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  const isValid = (typeof value === 'number' || typeof value === 'string') && Math.abs(number) <= limit;
  return isValid ? null : wrong(path, 'it must be a number');
}
