import { openOptions } from '../shared/options.ts';

export interface FuzzOptions {
  /** The same seed gives the same bodies. */
  readonly seed: number;
  /** The run ends when both the time and the number are reached. */
  readonly seconds: number;
  readonly executions: number;
}

export interface ProductFuzzOptions {
  readonly seed: number;
  readonly minutes: number;
  /** Bodies per second. */
  readonly pace: number;
  /** A message of the other business may take this long. */
  readonly maxMs: number;
}

export const usage = `Damages real webhook bodies.

  npm run fuzz -- [--seconds 600] [--executions 1000000] [--seed 12345]
  npm run fuzz -- --minutes 10 [--pace 20] [--max-ms 1000] [--seed 12345]

The first gives them to the parser and the signature check, and ends when both the time and the number are reached. It
exits with 1 when something was thrown, a forged signature was accepted, a genuine one refused, or a body took very long
to read. The second starts the product and posts whole bodies of three businesses to it: damaged, oversized, nested and
with thousands of items. It exits with 1 when an answer is not one of those that are allowed, or when a message of another
business, posted each second, is stored later than --max-ms.
`;

export type AnyFuzzOptions =
  | ({ readonly kind: 'parser' } & FuzzOptions)
  | ({ readonly kind: 'product' } & ProductFuzzOptions);

/** Reads the arguments; throws with a sentence when they are wrong. */
export function readFuzzOptions(args: readonly string[]): AnyFuzzOptions {
  const given = openOptions(args, ['seconds', 'executions', 'minutes', 'pace', 'max-ms']);
  const seed = given.seed();
  if (given.isGiven('minutes')) {
    if (given.isGiven('seconds') || given.isGiven('executions'))
      throw new Error('--minutes cannot be combined with --seconds or --executions');
    return {
      kind: 'product',
      seed,
      minutes: given.number('minutes', { default: 10, min: 1, max: 1_440 }),
      pace: given.number('pace', { default: 20, min: 1, max: 10_000 }),
      maxMs: given.number('max-ms', { default: 1_000, min: 1, max: 60_000 }),
    };
  }
  return {
    kind: 'parser',
    seed,
    seconds: given.number('seconds', { default: 600, max: 86_400 }),
    executions: given.number('executions', { default: 1_000_000, max: 1_000_000_000 }),
  };
}
