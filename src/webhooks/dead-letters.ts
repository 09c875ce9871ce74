import { Types } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import type { WebhookEventDoc, WebhookRepository } from './repository.ts';

export interface DeadLetterDeps {
  readonly events: Pick<WebhookRepository, 'listDead' | 'redrive'>;
  readonly clock: Clock;
  /** Takes whole lines. */
  readonly print: (text: string) => void;
}

export type DeadLetterCommand =
  | { readonly action: 'list' }
  /** Null redrives all events. */
  | { readonly action: 'redrive'; readonly eventId: Types.ObjectId | null };

export const exitCodes = { done: 0, failed: 1, wrongUsage: 2 } as const;

export const usage = `Lists and redrives dead letters: webhook events that could not be processed.

  npm run dead-letters -- list            lists them, oldest first
  npm run dead-letters -- redrive <id>    has the worker process one again
  npm run dead-letters -- redrive all     has the worker process all of them again
`;

const maxListed = 500;

/** The parsed command, or null if the arguments are not valid. */
export function readCommand(args: readonly string[]): DeadLetterCommand | null {
  const [action, target = '', ...rest] = args;
  if (rest.length > 0) return null;
  if (action === 'list' && target === '') return { action };
  if (action !== 'redrive') return null;
  if (target === 'all') return { action, eventId: null };
  return /^[0-9a-f]{24}$/.test(target)
    ? { action, eventId: Types.ObjectId.createFromHexString(target) }
    : null;
}

/** Runs the command and returns its exit code. Never prints bodies: they hold names, numbers and messages. */
export const runCommand = (command: DeadLetterCommand, deps: DeadLetterDeps): Promise<number> =>
  command.action === 'list' ? list(deps) : redrive(command.eventId, deps);

async function list({ events, print }: DeadLetterDeps): Promise<number> {
  const found = await events.listDead(maxListed + 1);
  if (found.length === 0) {
    print('No dead letters.');
    return exitCodes.done;
  }
  const isCut = found.length > maxListed;
  print(isCut ? `More than ${maxListed} dead letters; the oldest are:` : `Dead letters: ${found.length}`);
  print(lineOf('id', 'received', 'reason'));
  for (const event of found.slice(0, maxListed)) print(describe(event));
  return exitCodes.done;
}

const describe = ({ _id, receivedAt, lastError }: WebhookEventDoc): string =>
  lineOf(_id.toHexString(), receivedAt.toISOString(), lastError ?? 'unknown');

const lineOf = (id: string, receivedAt: string, reason: string): string =>
  `${id.padEnd(24)}  ${receivedAt.padEnd(24)}  ${reason}`;

async function redrive(eventId: Types.ObjectId | null, deps: DeadLetterDeps): Promise<number> {
  const { events, clock, print } = deps;
  const count = await events.redrive(eventId, clock.now());
  if (count === 0 && eventId !== null) {
    print(`Dead letter not found: ${eventId.toHexString()}`);
    return exitCodes.failed;
  }
  print(`Redriven: ${count}`);
  return exitCodes.done;
}
