import { isFields } from './inbound/fields.ts';
import type { KnownKeys } from './known-keys.ts';
import { leavesOf, type Leaf, type LeafLimits } from './leaves.ts';
import { maskDigits } from './payload.ts';

/** What an object holds beside its known keys. */
export interface Leftovers {
  /** By path: `contacts[0].profile.country`; the first ones, because a body may have 150,000. */
  readonly values: ReadonlyMap<string, unknown>;
  /** How many others there are. */
  readonly cut: number;
}

export const noLeftovers: Leftovers = { values: new Map(), cut: 0 };

const maxPaths = 1_000;

/** Goes no deeper than the known keys do. Null and an empty text, list or object hold nothing. */
export function leftoversOf(given: unknown, known: KnownKeys): Leftovers {
  let values: Map<string, unknown> | null = null;
  let cut = 0;
  const add = (path: string, value: unknown): void => {
    if (isEmpty(value)) return;
    values ??= new Map();
    if (values.size < maxPaths) values.set(path, value);
    else cut += 1;
  };
  const look = (value: unknown, { keys, takesValue, takesRest }: KnownKeys, path: string): void => {
    if (!isFields(value)) {
      if (takesValue !== true) add(path, value);
      return;
    }
    for (const [key, part] of Object.entries(value)) {
      const inside = keys?.get(key);
      const at = path === '' ? key : `${path}.${key}`;
      if (inside !== undefined) lookAtEach(part, inside, at);
      else if (takesRest !== true) add(at, part);
    }
  };
  const lookAtEach = (value: unknown, inside: KnownKeys, path: string): void => {
    if (inside.takesRest === true && inside.keys === undefined) return;
    if (!Array.isArray(value)) look(value, inside, path);
    // A list in a list is nothing known, so the depth of the sender does not count.
    else for (const [index, item] of value.entries()) look(item, inside, `${path}[${index}]`);
  };
  lookAtEach(given, known, '');
  return values === null ? noLeftovers : { values, cut };
}

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isFields(value) && Object.keys(value).length === 0);

/** The path of any item of its lists: `contacts[].profile.country`. */
export const withoutIndexes = (path: string): string => path.replace(/\[\d+\]/g, '[]');

/** Times in seconds have the length of a phone number, but no plan has such numbers. */
const seconds = /^1\d{9}$/;

/**
 * The values, as far as the limits allow. Possible phone numbers in texts are masked, because nothing erases these values
 * together with a person, and some stand in workflow histories.
 */
export const shownLeftovers = ({ values, cut }: Leftovers, limits: LeafLimits): readonly Leaf[] =>
  leavesOf(Object.fromEntries(values), {
    ...limits,
    leftOut: cut,
    show: (text) => (seconds.test(text) ? text : maskDigits(text)),
  });

const itemLimits = { maxLeaves: 16, maxName: 128, maxValue: 256 } as const;

/** What an object leaves that belongs to an entry of a history; nothing for most objects. */
export function readMore(given: unknown, known: KnownKeys): { readonly more?: readonly Leaf[] } {
  const leftovers = leftoversOf(given, known);
  return leftovers.values.size === 0 ? {} : { more: shownLeftovers(leftovers, itemLimits) };
}
