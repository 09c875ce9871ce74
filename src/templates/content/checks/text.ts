import type { Issue } from '../../../platform/errors.ts';
import { faultOf, hasBreaks, hasEmoji, hasFormatting, isVisible } from '../../../platform/plain-text.ts';
import type { TemplateHeader } from '../definition.ts';
import { isPositional, placeholder, variablesOf } from '../variables.ts';

export const issue = (path: string, message: string): Issue => ({ path, message });

export function checkText(text: string, path: string, maxLength: number): Issue[] {
  const fault = faultOf(text);
  return [
    ...(isVisible(text) ? [] : [issue(path, 'The text is empty.')]),
    ...(fault === undefined ? [] : [issue(path, fault)]),
    ...(text.length > maxLength
      ? [issue(path, `The text has ${text.length} characters; ${maxLength} are allowed.`)]
      : []),
  ];
}

export const checkOneLine = (text: string, path: string): Issue[] =>
  hasBreaks(text) ? [issue(path, 'The text must be one line.')] : [];

/** Meta refuses emoji and formatting in headers, footers and buttons (subcode 2388060 and its like). */
export function checkPlain(text: string, path: string): Issue[] {
  const fixed = text.replace(placeholder, '');
  return [
    ...(hasEmoji(fixed) ? [issue(path, 'No emoji is allowed here.')] : []),
    ...(hasFormatting(fixed) ? [issue(path, 'No formatting with *, _, ~ or ` is allowed here.')] : []),
  ];
}

/** Variables must be numbered from 1 without a gap, or named; a text must not mix the two. */
export function checkVariables(text: string, path: string): Issue[] {
  const issues = checkBraces(text, path);
  const variables = variablesOf(text);
  const positions = variables.filter(isPositional);
  const names = variables.filter((name) => !isPositional(name));
  if (positions.length > 0 && names.length > 0) {
    issues.push(issue(path, 'Use variables by position or by name, not both.'));
  }
  const expected = positions.map((_position, index) => String(index + 1));
  if (expected.some((position) => !positions.includes(position))) {
    issues.push(issue(path, 'Variables by position must be numbered from {{1}} without a gap.'));
  }
  for (const name of names) {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) {
      issues.push(issue(path, `The name ${name} must be lower-case letters, digits and underscores.`));
    }
  }
  return issues;
}

/** Finds braces that do not form a variable. */
export const checkBraces = (text: string, path: string): Issue[] =>
  /\{\{|\}\}/.test(text.replace(placeholder, ''))
    ? [issue(path, 'A variable is written {{1}} or {{name}}.')]
    : [];

export const checkNoVariables = (text: string, path: string): Issue[] =>
  /\{\{|\}\}/.test(text) ? [issue(path, 'No variable is allowed here.')] : [];

/** The text of a body or of a card; only these may have several lines. */
export function checkBodyText(text: string, path: string, maxLength: number): Issue[] {
  const issues = [...checkText(text, path, maxLength), ...checkVariables(text, path)];
  const trimmed = text.trim();
  const variables = [...trimmed.matchAll(placeholder)];
  const first = variables[0];
  const last = variables.at(-1);
  if (first?.index === 0) issues.push(issue(path, 'The body may not start with a variable.'));
  if (last !== undefined && last.index + last[0].length === trimmed.length) {
    issues.push(issue(path, 'The body may not end with a variable.'));
  }
  if (/\}\}\s*\{\{/.test(trimmed)) {
    issues.push(issue(path, 'Two variables may not stand next to each other: put words between them.'));
  }
  return issues;
}

/** A file needs an uploaded sample, because the provider's reviewers look at it. */
export function checkMediaSample(header: TemplateHeader, path: string): Issue[] {
  const handles = 'example' in header ? header.example?.['header_handle'] : undefined;
  return Array.isArray(handles) && handles.length > 0
    ? []
    : [issue(`${path}.example`, 'Give the handle of an uploaded sample as header_handle.')];
}
