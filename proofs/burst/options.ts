import { openOptions } from '../shared/options.ts';

export interface BurstOptions {
  /** The same seed gives the same receipts in the same order. */
  readonly seed: number;
  /** Receipts and inbound messages in all, repetitions included. */
  readonly receipts: number;
}

export const usage = `Posts signed webhooks, shuffled and many of them twice, fifty at a time, then compares what is stored with what
a replay in order would have left.

  npm run burst -- [--receipts 100000] [--seed 12345]

Exits with 1 when a status differs or ever went back, or a message, contact or conversation is missing or stored twice.
`;

/** Reads the arguments; throws with a sentence when they are wrong. */
export function readBurstOptions(args: readonly string[]): BurstOptions {
  const given = openOptions(args, ['receipts']);
  return {
    seed: given.seed(),
    receipts: given.number('receipts', { default: 100_000, min: 1, max: 1_000_000 }),
  };
}
