import type { Issue } from '../../../platform/errors.ts';
import { faultOf, hasBreaks, isVisible } from '../../../platform/plain-text.ts';
import type { TextParameter } from '../../../whatsapp/template-payload.ts';
import { byName, inSendOrder, isPositional, placeholder, variablesOf } from '../variables.ts';

/** The path of the value in the request, and the name of the part in a message. */
export interface Place {
  readonly path: string;
  readonly part: string;
  /** In characters of the filled text. */
  readonly maxLength: number;
}

export interface FilledText {
  readonly parameters: readonly TextParameter[];
  readonly text: string;
  readonly issues: readonly Issue[];
}

/** Fills a text, and lists every value that is missing, unexpected, empty or not a text. */
export function fillText(text: string, given: object | undefined, place: Place): FilledText {
  const { path, part, maxLength } = place;
  const wanted = inSendOrder(variablesOf(text));
  const values = byName(given ?? {});
  const issues: Issue[] = wanted.flatMap((name) => singleLineIssues(`${path}.${name}`, values.get(name)));
  for (const name of values.keys()) {
    if (wanted.includes(name)) continue;
    issues.push({ path: `${path}.${name}`, message: `The template has no such ${part} variable.` });
  }
  const valueOf = (name: string): string => {
    const value = values.get(name);
    return typeof value === 'string' ? value : '';
  };
  const filled = text.replace(placeholder, (_match, name: string) => valueOf(name));
  if (filled.length > maxLength) {
    const message = `The filled ${part} has ${filled.length} characters; ${maxLength} are allowed.`;
    issues.push({ path, message });
  }
  const parameters = wanted.map((name) => ({
    type: 'text' as const,
    text: valueOf(name),
    ...(isPositional(name) ? {} : { parameter_name: name }),
  }));
  return { parameters, text: filled, issues };
}

/** Problems of a value that must be a text. */
export function textIssues(path: string, value: unknown, what = 'variable'): Issue[] {
  if (value === undefined) return [{ path, message: `This ${what} is missing.` }];
  if (typeof value !== 'string') return [{ path, message: `This ${what} must be a text.` }];
  if (value.trim() === '') return [{ path, message: `This ${what} is empty.` }];
  const message = faultOf(value) ?? (isVisible(value) ? undefined : `This ${what} shows nothing.`);
  return message === undefined ? [] : [{ path, message }];
}

/** Also rejects line breaks, tabs and gaps, which Meta refuses in a template text (132018). */
export function singleLineIssues(path: string, value: unknown, what = 'variable'): Issue[] {
  const issues = textIssues(path, value, what);
  const isGapped = typeof value === 'string' && (hasBreaks(value) || / {5}/.test(value));
  return issues.length === 0 && isGapped
    ? [{ path, message: `This ${what} may have no line breaks, no tabs and no more than 4 spaces in a row.` }]
    : issues;
}

export const lengthIssues = (path: string, value: unknown, maxLength: number): Issue[] =>
  typeof value === 'string' && value.length > maxLength
    ? [{ path, message: `At most ${maxLength} characters are allowed.` }]
    : [];
