import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { readNumber } from '../read-number.ts';

export interface BurstOptions {
  /** The same seed gives the same receipts in the same order. */
  readonly seed: number;
  /** Receipts and inbound messages in all, those that come again included. */
  readonly receipts: number;
}

export const usage = `Posts signed webhooks, shuffled and many of them twice, fifty at a time, then compares what is stored
with what a replay in order would have left.

  npm run burst -- [--receipts 100000] [--seed 12345]

Exits with 1 when a status differs or ever went back, or a message, contact or conversation is there twice or not at all.
`;

const largestSeed = 2 ** 32 - 1;

/** Reads the arguments; throws with a sentence when they are wrong. */
export function readBurstOptions(args: readonly string[]): BurstOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: 'string' }, receipts: { type: 'string' } },
  });
  return {
    seed: readNumber('seed', values.seed ?? String(randomInt(largestSeed)), largestSeed),
    receipts: readNumber('receipts', values.receipts ?? '100000', 1_000_000),
  };
}
