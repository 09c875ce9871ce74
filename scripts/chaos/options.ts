import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { readNumber } from '../read-number.ts';

export interface ChaosOptions {
  /** The same seed gives the same messages, targets and moments; only the machine's own timing differs. */
  readonly seed: number;
  readonly messages: number;
  readonly kills: number;
}

export const usage = `Sends messages through the whole product while its processes are killed with -9, then compares what the
provider, the database and the workflows say about every single one.

  npm run chaos -- [--messages 500] [--kills 4] [--seed 12345]

Exits with 1 when a message was lost, sent twice, or differs between the three.
`;

const largestSeed = 2 ** 32 - 1;

/** Reads the arguments; throws with a sentence when they are wrong. */
export function readOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: 'string' }, messages: { type: 'string' }, kills: { type: 'string' } },
  });
  return {
    seed: readNumber('seed', values.seed ?? String(randomInt(largestSeed)), largestSeed),
    messages: readNumber('messages', values.messages ?? '500', 1_000_000),
    kills: readNumber('kills', values.kills ?? '4', 1_000),
  };
}
