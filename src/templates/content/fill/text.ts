import type { Issue } from '../../../platform/errors.ts';
import type { TextParameter } from '../../../whatsapp/template-payload.ts';
import { byName, inSendOrder, isPositional, placeholder, variablesOf } from '../variables.ts';

/** Where the value stands in the request, and how the part is called in a sentence. */
export interface Place {
  readonly path: string;
  readonly part: string;
  /** Most characters of the filled text. */
  readonly maxLength: number;
}

export interface FilledText {
  readonly parameters: readonly TextParameter[];
  readonly text: string;
  readonly issues: readonly Issue[];
}

/** Puts values into a text, or names every one that is missing, too many, empty or no text. */
export function fillText(text: string, given: object | undefined, place: Place): FilledText {
  const { path, part, maxLength } = place;
  const wanted = inSendOrder(variablesOf(text));
  const values = byName(given ?? {});
  const issues: Issue[] = wanted.flatMap((name) => problemWithWords(`${path}.${name}`, values.get(name)));
  for (const name of values.keys()) {
    if (wanted.includes(name)) continue;
    issues.push({ path: `${path}.${name}`, message: `The template has no such ${part} variable.` });
  }
  const wordOf = (name: string): string => {
    const value = values.get(name);
    return typeof value === 'string' ? value : '';
  };
  const filled = text.replace(placeholder, (_match, name: string) => wordOf(name));
  if (filled.length > maxLength) {
    const message = `The filled ${part} has ${filled.length} characters; ${maxLength} are allowed.`;
    issues.push({ path, message });
  }
  const parameters = wanted.map((name) => ({
    type: 'text' as const,
    text: wordOf(name),
    ...(isPositional(name) ? {} : { parameter_name: name }),
  }));
  return { parameters, text: filled, issues };
}

/** What is wrong with the value of a variable that has to be a text. */
export function problemWith(path: string, value: unknown, what = 'variable'): Issue[] {
  if (value === undefined) return [{ path, message: `This ${what} is missing.` }];
  if (typeof value !== 'string') return [{ path, message: `This ${what} must be a text.` }];
  if (value.trim() === '') return [{ path, message: `This ${what} is empty.` }];
  return [];
}

/** What stands in a text of the template besides: Meta refuses the message otherwise, 132018. */
export function problemWithWords(path: string, value: unknown, what = 'variable'): Issue[] {
  const issues = problemWith(path, value, what);
  const isGapped = typeof value === 'string' && /[\n\r\t]| {5}/.test(value);
  return issues.length === 0 && isGapped
    ? [{ path, message: `This ${what} may have no line breaks, no tabs and no more than 4 spaces in a row.` }]
    : issues;
}

export const tooLong = (path: string, value: unknown, maxLength: number): Issue[] =>
  typeof value === 'string' && value.length > maxLength
    ? [{ path, message: `At most ${maxLength} characters are allowed.` }]
    : [];
