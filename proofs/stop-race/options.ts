import { openOptions } from '../shared/options.ts';

export interface StopRaceOptions {
  /** The same seed gives the same contacts at the same places; only the machine's own timing differs. */
  readonly seed: number;
  readonly messages: number;
  readonly contacts: number;
  /** How many of the contacts say STOP. */
  readonly stops: number;
}

export const usage = `Lets contacts say STOP while messages to them are being sent, then compares the provider's ledger with
the moment at which each stop was acknowledged.

  npm run stop-race -- [--messages 10000] [--contacts 1000] [--stops 200] [--seed 12345]

Exits with 1 when a message left after the stop of its contact was acknowledged, or any other was lost or sent twice.
`;

/** Reads the arguments; throws with a sentence when they are wrong. */
export function readStopRaceOptions(args: readonly string[]): StopRaceOptions {
  const given = openOptions(args, ['messages', 'contacts', 'stops']);
  const options = {
    seed: given.seed(),
    messages: given.number('messages', { default: 10_000, min: 1, max: 1_000_000 }),
    contacts: given.number('contacts', { default: 1_000, min: 1, max: 100_000 }),
    stops: given.number('stops', { default: 200, max: 100_000 }),
  };
  if (options.stops > options.contacts) throw new Error('--stops cannot be more than --contacts');
  if (options.contacts > options.messages) throw new Error('--contacts cannot be more than --messages');
  return options;
}
