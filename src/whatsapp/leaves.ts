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
  /** How many values were left out before; none by default. */
  readonly leftOut?: number;
}

/** The number of values that were left out stands in a last leaf of this name. */
export const cutLeafName = '…';

/**
 * The values of an object as a flat list, in its order. Bounded: longer texts are cut at a whole character, and the
 * number of values beyond `maxLeaves` is given by a last leaf. Empty objects and lists are values too.
 */
export function leavesOf(
  given: unknown,
  { maxLeaves, maxName, maxValue, show = (text) => text, leftOut = 0 }: LeafLimits,
): readonly Leaf[] {
  const leaves: Leaf[] = [];
  let cut = leftOut;
  // A stack instead of recursion: the nesting is the sender's, and so is the length of a list, whose parts are named one by one.
  const open: Parts[] = [{ path: '', left: [['', given] as const].values() }];
  for (let parts = open.at(-1); parts !== undefined; parts = open.at(-1)) {
    const next = parts.left.next();
    if (next.done === true) {
      open.pop();
      continue;
    }
    const [key, value] = next.value;
    if (value === undefined) continue;
    const isShown = leaves.length < maxLeaves;
    // Nobody reads the names of values that are only counted.
    const path = isShown ? pathOf(parts, key) : '';
    const inside = openParts(path, value);
    if (inside !== null) open.push(inside);
    else if (isShown)
      leaves.push({ name: cleanText(path, maxName), value: cleanText(textOf(value, show), maxValue) });
    else cut += 1;
  }
  return cut === 0 ? leaves : [...leaves, { name: cutLeafName, value: String(cut) }];
}

/** The parts of a list or an object that are still to be looked at. */
interface Parts {
  readonly path: string;
  readonly left: Iterator<readonly [string | number, unknown]>;
}

/** Null for a value, and for an empty list or object, which is one. */
function openParts(path: string, value: unknown): Parts | null {
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) return value.length === 0 ? null : { path, left: value.entries() };
  const entries = Object.entries(value);
  return entries.length === 0 ? null : { path, left: entries.values() };
}

function pathOf({ path }: Parts, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}

const textOf = (value: unknown, show: (text: string) => string): string =>
  typeof value === 'string' ? show(value) : JSON.stringify(value);

/** At most `max` characters, without control characters. */
export const cleanText = (text: string, max: number): string =>
  // oxlint-disable-next-line no-control-regex -- control characters are what it removes
  cutText(text.replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/g, ''), max);
