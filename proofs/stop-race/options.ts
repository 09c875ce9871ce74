import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { readNumber } from '../read-number.ts';

export interface StopRaceOptions {
  /** The same seed gives the same people at the same places; only the machine's own timing differs. */
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

const largestSeed = 2 ** 32 - 1;

/** Reads the arguments; throws with a sentence when they are wrong. */
export function readStopRaceOptions(args: readonly string[]): StopRaceOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      messages: { type: 'string' },
      contacts: { type: 'string' },
      stops: { type: 'string' },
    },
  });
  const options = {
    seed: readNumber('seed', values.seed ?? String(randomInt(largestSeed)), largestSeed),
    messages: readNumber('messages', values.messages ?? '10000', 1_000_000),
    contacts: readNumber('contacts', values.contacts ?? '1000', 100_000),
    stops: readNumber('stops', values.stops ?? '200', 100_000),
  };
  if (options.stops > options.contacts) throw new Error('--stops cannot be more than --contacts');
  if (options.contacts > options.messages) throw new Error('--contacts cannot be more than --messages');
  return options;
}
