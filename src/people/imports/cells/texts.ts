import { faultOf as faultOfText, hasBreaks, isVisible } from '../../../platform/plain-text.ts';
import { maxTagLength, namesByKey } from '../../contact-sets/rules.ts';
import { maxTags } from '../../contacts/rules.ts';
import type { FieldOption } from '../../custom-fields/rules.ts';
import { normaliseHeader } from '../mapping/folding.ts';
import { faultOf, readCommon, valueOf, type Read } from './faults.ts';
import { booleanOf, consentOf } from './words.ts';

/** Text that spreadsheets keep as a text by `="…"` is that text. */
const withoutGuard = (cell: string): string => {
  const text = cell.trim();
  return /^="(?<text>[^"]*)"$/.exec(text)?.groups?.['text'] ?? text;
};

/** One line of text of at most `max` code units. Formulas stay text: nothing of ours computes them. */
export function readText(cell: string, max: number): Read<string> {
  const text = withoutGuard(cell);
  const common = readCommon(text);
  if (common !== undefined) return common;
  if (hasBreaks(text)) return faultOf('line-break');
  if (faultOfText(text) !== undefined || !isVisible(text)) return faultOf('control-character');
  return text.length > max ? faultOf('too-long') : valueOf(text);
}

export function readBoolean(cell: string): Read<boolean> {
  const text = withoutGuard(cell);
  const common = readCommon(text);
  if (common !== undefined) return common;
  const value = booleanOf(text);
  return value === undefined ? faultOf('boolean-invalid') : valueOf(value);
}

export function readConsent(cell: string): Read<'opted-in' | 'opted-out' | 'unknown'> {
  const text = withoutGuard(cell);
  const common = readCommon(text);
  if (common?.kind === 'clear') return faultOf('cannot-clear');
  if (common !== undefined) return common;
  const status = consentOf(text);
  return status === undefined ? faultOf('consent-invalid') : valueOf(status);
}

const listSeparators = /[;,|\n\r、،；，]+/u;

const partsOf = (text: string): string[] => [
  ...new Set(
    text
      .split(listSeparators)
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
];

/** A list of names of tags, each once in any case, between `;`, `,`, `|` or line breaks. */
export function readTags(cell: string): Read<readonly string[]> {
  const text = withoutGuard(cell);
  const common = readCommon(text);
  if (common !== undefined) return common;
  const tags = [...namesByKey(partsOf(text)).values()];
  if (tags.length === 0) return { kind: 'blank' };
  if (tags.length > maxTags) return faultOf('too-many-tags');
  if (tags.some((tag) => tag.length > maxTagLength)) return faultOf('tag-too-long');
  const isFaulty = tags.some((tag) => hasBreaks(tag) || faultOfText(tag) !== undefined || !isVisible(tag));
  return isFaulty ? faultOf('control-character') : valueOf(tags);
}

/** The key of an option that is named by key or label; undefined for other words, and for those that mean two. */
function optionOf(text: string, options: readonly FieldOption[]): string | undefined {
  const word = normaliseHeader(text);
  const exact = options.find(({ key }) => key === text);
  const alike = options.filter(({ key, label }) =>
    [key, label].some((name) => normaliseHeader(name) === word),
  );
  return exact?.key ?? (alike.length === 1 ? alike[0]?.key : undefined);
}

export function readOption(cell: string, options: readonly FieldOption[]): Read<string> {
  const text = withoutGuard(cell);
  const common = readCommon(text);
  if (common !== undefined) return common;
  const key = optionOf(text, options);
  return key === undefined ? faultOf('option-unknown') : valueOf(key);
}

/** The keys of several options, each once, in the order of the cell. */
export function readOptions(cell: string, options: readonly FieldOption[]): Read<readonly string[]> {
  const text = withoutGuard(cell);
  const common = readCommon(text);
  if (common !== undefined) return common;
  // A label may hold a comma.
  const whole = optionOf(text, options);
  const keys = whole === undefined ? partsOf(text).map((part) => optionOf(part, options)) : [whole];
  const known = keys.filter((key) => key !== undefined);
  return known.length < keys.length || keys.length === 0
    ? faultOf('option-unknown')
    : valueOf([...new Set(known)]);
}
