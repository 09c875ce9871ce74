import type { Types } from 'mongoose';
import { nameKeyOf } from '../../platform/name-key.ts';

/** Tags of a client, and as many groups. */
export const maxSets = 1_000;

export const maxTagLength = 50;

/** What a name is told apart by; one of marks alone is its own key. */
export const setKeyOf = (name: string): string => nameKeyOf(name) || name;

/** Names as first written, each once in any case and without accents, by their keys. */
export function namesByKey(names: readonly string[]): ReadonlyMap<string, string> {
  const byKey = new Map<string, string>();
  for (const name of names) {
    const key = setKeyOf(name);
    if (!byKey.has(key)) byKey.set(key, name);
  }
  return byKey;
}

/** The ids of sets by the keys of their names. */
export type IdsByKey = ReadonlyMap<string, Types.ObjectId>;

/** In the order of the names, each once; leaves out names that nothing has. */
export const idsOfNames = (names: readonly string[], ids: IdsByKey): Types.ObjectId[] =>
  [...namesByKey(names).keys()].flatMap((key) => ids.get(key) ?? []);

export interface IdChange {
  /** Replaces all. */
  readonly set?: readonly Types.ObjectId[] | undefined;
  readonly add?: readonly Types.ObjectId[] | undefined;
  readonly remove?: readonly Types.ObjectId[] | undefined;
}

/** The ids after a change, each once, in the order in which they came; the same array if nothing differs. */
export function changedIds(
  current: readonly Types.ObjectId[],
  { set, add = [], remove = [] }: IdChange,
): readonly Types.ObjectId[] {
  const removed = new Set(remove.map(String));
  const wanted = new Map([...(set ?? current), ...add].map((id) => [id.toHexString(), id]));
  const next = [...wanted.values()].filter((id) => !removed.has(id.toHexString()));
  return String(next) === String(current) ? current : next;
}
