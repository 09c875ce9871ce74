/** One value of a webhook object, with its path: `restriction_info[0].restriction_type`. */
export interface Leaf {
  readonly name: string;
  readonly value: string;
}

interface LeafLimits {
  readonly maxLeaves: number;
  readonly maxName: number;
  readonly maxValue: number;
}

/** The number of values that were left out stands in a last leaf of this name. */
export const cutLeafName = '…';

/**
 * The values of an object as a flat list, in its order. Bounded: longer texts are cut at a whole character, and the
 * number of values beyond `maxLeaves` is given by a last leaf. Empty objects and lists are values too.
 */
export function leavesOf(given: unknown, { maxLeaves, maxName, maxValue }: LeafLimits): readonly Leaf[] {
  const leaves: Leaf[] = [];
  let cut = 0;
  // A stack instead of recursion: the nesting is the sender's.
  const rest: { readonly name: string; readonly value: unknown }[] = [{ name: '', value: given }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { name, value } = next;
    const parts = partsOf(name, value);
    if (parts.length > 0) rest.push(...parts.toReversed());
    else if (leaves.length < maxLeaves)
      leaves.push({ name: cutText(name, maxName), value: cutText(textOf(value), maxValue) });
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

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** At most `max` characters, cut between whole characters, without control characters. */
export const cutText = (text: string, max: number): string => {
  // eslint-disable-next-line no-control-regex -- control characters are what it removes
  const clean = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '');
  return clean.length <= max
    ? clean
    : Array.from(clean.slice(0, max * 2))
        .slice(0, max)
        .join('');
};
