import { openOptions } from '../shared/options.ts';

export interface FuzzOptions {
  /** The same seed gives the same bodies. */
  readonly seed: number;
  /** The run ends when both the time and the number are reached. */
  readonly seconds: number;
  readonly executions: number;
}

export const usage = `Gives the webhook parser and the signature check real bodies with random damage.

  npm run fuzz -- [--seconds 600] [--executions 1000000] [--seed 12345]

Ends when both the time and the number are reached. Exits with 1 when something was thrown, a forged signature was
accepted, a genuine one refused, or a body took very long to read.
`;

/** Reads the arguments; throws with a sentence when they are wrong. */
export function readFuzzOptions(args: readonly string[]): FuzzOptions {
  const given = openOptions(args, ['seconds', 'executions']);
  return {
    seed: given.seed(),
    seconds: given.number('seconds', { default: 600, max: 86_400 }),
    executions: given.number('executions', { default: 1_000_000, max: 1_000_000_000 }),
  };
}
