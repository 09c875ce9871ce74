import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { readNumber } from '../read-number.ts';

export interface ChaosOptions {
  /** The same seed gives the same messages, targets and moments; only the machine's own timing differs. */
  readonly seed: number;
  readonly messages: number;
  readonly kills: number;
  /** Faults that no process dies of; every second one is a step-down of the database's primary. */
  readonly faults: number;
  /** How long a frozen process is frozen. */
  readonly pauseMs: number;
  /** Messages a second among faults, far below what is possible: only so can a rate be full again. */
  readonly pacePerSecond: number;
}

export const usage = `Sends messages through the whole product while its processes are killed with -9, then compares what the
provider, the database and the workflows say about every single one. With faults there are three database servers, and
primaries step down, processes freeze, networks are slow, reset, black holes or half-open, the provider fails.

  npm run chaos -- [--messages 500] [--kills 4] [--seed 12345]
  npm run chaos -- [--messages 500] [--faults 40] [--pause-ms 10000] [--pace 10] [--kills 0] [--seed 12345]

Exits with 1 when a message was lost, sent twice, or differs between the three.
`;

const largestSeed = 2 ** 32 - 1;

/** Reads the arguments; throws with a sentence when they are wrong. */
export function readOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      messages: { type: 'string' },
      kills: { type: 'string' },
      faults: { type: 'string' },
      'pause-ms': { type: 'string' },
      pace: { type: 'string' },
    },
  });
  return {
    seed: readNumber('seed', values.seed ?? String(randomInt(largestSeed)), largestSeed),
    messages: readNumber('messages', values.messages ?? '500', 1_000_000),
    kills: readNumber('kills', values.kills ?? (values.faults === undefined ? '4' : '0'), 1_000),
    faults: readNumber('faults', values.faults ?? '0', 1_000),
    pauseMs: readNumber('pause-ms', values['pause-ms'] ?? '10000', 600_000),
    pacePerSecond: readNumber('pace', values.pace ?? '10', 1_000),
  };
}
