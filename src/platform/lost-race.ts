import { sleep } from './clock.ts';
import { randomFraction } from './ids.ts';

const firstMs = 8;
const maxMs = 250;

/**
 * Waits before a step is repeated that lost a race, longer after each loss. A majority read shows what the winner wrote
 * only once it is durable, and a slow disk takes a tenth of a second for that: whoever looks at once loses again.
 */
export const pauseAfterLostRace = (losses: number): Promise<void> =>
  sleep((0.5 + randomFraction() / 2) * Math.min(maxMs, firstMs * 2 ** (losses - 1)));
