import { openOptions } from '../shared/options.ts';

export interface StormOptions {
  /** The same seed gives the same messages, agents, kills and cuts; only the machine's own timing differs. */
  readonly seed: number;
  /** Contacts who write; each has at least one conversation. */
  readonly conversations: number;
  readonly agents: number;
  /** How long they write and processes are killed; what waits then is still served. */
  readonly minutes: number;
  /** Writes the report to this page, beside those of the latest other seeds; null prints it only. */
  readonly page: string | null;
}

export const usage = `Plays contacts who write, and agents who come and go, while two APIs and two workers are killed with -9 in turn and
clients of the live events are cut off and resume at the other API. Then judges every message, conversation, assignment,
deadline, file and event.

  npm run inbox-storm -- [--conversations 5000] [--agents 50] [--minutes 6] [--seed 12345] [--page docs/inbox-storm.md]

Exits with 1 when a message, file or conversation was lost or doubled, an agent was over capacity, somebody was served
before one who waits longer, a breach or warning is missing or twice, or a client missed an event.
`;

/** Reads the arguments; throws with a sentence when they are wrong. */
export function readStormOptions(args: readonly string[]): StormOptions {
  const given = openOptions(args, ['conversations', 'agents', 'minutes', 'page']);
  return {
    seed: given.seed(),
    conversations: given.number('conversations', { default: 5_000, min: 1, max: 100_000 }),
    // Each signs in, and a network has 100 attempts in a quarter of an hour.
    agents: given.number('agents', { default: 50, min: 1, max: 80 }),
    minutes: given.number('minutes', { default: 6, min: 1, max: 60 }),
    page: given.text('page'),
  };
}
