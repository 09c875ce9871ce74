import { cutText } from '../platform/text.ts';

/** One value of a webhook object, with its path: `restriction_info[0].restriction_type`. */
export interface Leaf {
  readonly name: string;
  readonly value: string;
}

export interface LeafLimits {
  readonly maxLeaves: number;
  readonly maxName: number;
  readonly maxValue: number;
  /** What is shown of a text; all of it by default. */
  readonly show?: (text: string) => string;
}

/** The number of values that were left out stands in a last leaf of this name. */
export const cutLeafName = '…';

/**
 * The values of an object as a flat list, in its order. Bounded: longer texts are cut at a whole character, and the
 * number of values beyond `maxLeaves` is given by a last leaf. Empty objects and lists are values too.
 */
export function leavesOf(
  given: unknown,
  { maxLeaves, maxName, maxValue, show = (text) => text }: LeafLimits,
): readonly Leaf[] {
  const leaves: Leaf[] = [];
  let cut = 0;
  // A stack instead of recursion: the nesting is the sender's.
  const rest: { readonly name: string; readonly value: unknown }[] = [{ name: '', value: given }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { name, value } = next;
    if (value === undefined) continue;
    const parts = partsOf(name, value);
    if (parts.length > 0) rest.push(...parts.toReversed());
    else if (leaves.length < maxLeaves)
      leaves.push({ name: cleanText(name, maxName), value: cleanText(textOf(value, show), maxValue) });
    else cut += 1;
  }
  return cut === 0 ? leaves : [...leaves, { name: cutLeafName, value: String(cut) }];
}

function partsOf(path: string, value: unknown): { name: string; value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.map((part, index) => ({ name: `${path}[${index}]`, value: part }));
  return Object.entries(value).map(([key, part]) => ({
    name: path === '' ? key : `${path}.${key}`,
    value: part,
  }));
}

const textOf = (value: unknown, show: (text: string) => string): string =>
  typeof value === 'string' ? show(value) : JSON.stringify(value);

/** At most `max` characters, without control characters. */
export const cleanText = (text: string, max: number): string =>
  // oxlint-disable-next-line no-control-regex -- control characters are what it removes
  cutText(text.replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/g, ''), max);
