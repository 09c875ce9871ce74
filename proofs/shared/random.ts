import { randomInt } from 'node:crypto';

/** Numbers in [0, 1). */
export type Random = () => number;

export const maxSeed = 2 ** 32 - 1;

/** A seed for a run that was given none. */
export const randomSeed = (): number => randomInt(maxSeed);

/** A small seeded generator (mulberry32): the same seed gives the same numbers. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 to below the limit. */
export const below = (limit: number, random: Random): number => Math.floor(random() * limit);

export const pick = <T>(items: readonly [T, ...T[]], random: Random): T =>
  items[below(items.length, random)] ?? items[0];

interface Shared {
  readonly share: number;
}

/** One of the items, each as often as its share says; the shares add up to 1. */
export function pickByShare<Items extends readonly [Shared, ...Shared[]]>(
  items: Items,
  random: Random,
): Items[number] {
  let left = random();
  return items.find(({ share }) => (left -= share) < 0) ?? items[0];
}

export function shuffle<T>(items: readonly T[], random: Random): T[] {
  const shuffled = [...items];
  for (let index = shuffled.length - 1; index > 0; index -= 1) {
    const other = below(index + 1, random);
    const [a, b] = [shuffled[index] as T, shuffled[other] as T];
    shuffled[index] = b;
    shuffled[other] = a;
  }
  return shuffled;
}
