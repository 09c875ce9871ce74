import { openOptions } from '../shared/options.ts';

export interface StopsOptions {
  /** The same seed gives the same tries; only the machine's own timing differs. */
  readonly seed: number;
  readonly tries: number;
  /** Businesses that try at the same time. */
  readonly businesses: number;
}

export const usage = `Stops messages while two workers hand them to the provider: pauses their channel, blocks their contact, opts it
out by hand, or cancels them. Compares the provider's ledger with the moment at which each stop was answered.

  npm run stops -- [--tries 1000] [--businesses 6] [--seed 12345]

Exits with 1 when a call began after its stop was answered, or a message was lost or sent twice.
`;

/** Reads the arguments; throws with a sentence when they are wrong. */
export function readStopsOptions(args: readonly string[]): StopsOptions {
  const given = openOptions(args, ['tries', 'businesses']);
  return {
    seed: given.seed(),
    tries: given.number('tries', { default: 1_000, min: 1, max: 100_000 }),
    businesses: given.number('businesses', { default: 6, min: 1, max: 100 }),
  };
}
