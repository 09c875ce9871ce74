import { openOptions } from '../shared/options.ts';

export interface ChaosOptions {
  /** The same seed gives the same messages, targets and moments; only the machine's own timing differs. */
  readonly seed: number;
  readonly messages: number;
  readonly kills: number;
  /** Faults that no process dies of; every second one is a step-down of the database's primary. */
  readonly faults: number;
  /** How long a frozen process is frozen. */
  readonly pauseMs: number;
  /** Messages per second among faults. Far below what is possible, or the rate could not recover. */
  readonly pacePerSecond: number;
}

export const usage = `Sends messages through the whole product while its processes are killed with -9, then compares the accounts of
provider, database and workflows for every message. With faults there are three database servers: primaries step
down, processes freeze, networks are slow, reset, black holes or half-open, and the provider fails.

  npm run chaos -- [--messages 500] [--kills 4] [--seed 12345]
  npm run chaos -- [--messages 500] [--faults 40] [--pause-ms 10000] [--pace 10] [--kills 0] [--seed 12345]

Exits with 1 when a message was lost, sent twice, or differs between the three.
`;

/** Reads the arguments; throws with a sentence when they are wrong. */
export function readChaosOptions(args: readonly string[]): ChaosOptions {
  const given = openOptions(args, ['messages', 'kills', 'faults', 'pause-ms', 'pace']);
  return {
    seed: given.seed(),
    messages: given.number('messages', { default: 500, min: 1, max: 1_000_000 }),
    kills: given.number('kills', { default: given.isGiven('faults') ? 0 : 4, max: 1_000 }),
    faults: given.number('faults', { default: 0, max: 1_000 }),
    pauseMs: given.number('pause-ms', { default: 10_000, max: 600_000 }),
    pacePerSecond: given.number('pace', { default: 10, min: 1, max: 1_000 }),
  };
}
