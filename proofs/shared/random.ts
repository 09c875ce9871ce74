import { randomInt } from 'node:crypto';
import type { Random } from '../../sandbox/random.ts';

export { createRandom, shuffle, type Random } from '../../sandbox/random.ts';

export const maxSeed = 2 ** 32 - 1;

/** A seed for a run that was given none. */
export const randomSeed = (): number => randomInt(maxSeed);

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
