import type { Types } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import { exitCodes, formatRow, type Print, readTarget } from '../platform/command-line.ts';
import type { DeadLetter, DeadLetterRepository } from './dead-letter-repository.ts';

export interface DeadLetterDeps {
  readonly deadLetters: Pick<DeadLetterRepository, 'list' | 'redrive' | 'dismiss'>;
  readonly clock: Clock;
  readonly print: Print;
}

export type DeadLetterCommand =
  | { readonly action: 'list' }
  /** Null means all events. */
  | { readonly action: 'redrive' | 'dismiss'; readonly eventId: Types.ObjectId | null };

export const usage = `Lists, redrives and dismisses dead letters: webhook events that could not be processed.

  npm run dead-letters -- list            lists them, oldest first, and when each expires
  npm run dead-letters -- redrive <id>    has the worker process one again
  npm run dead-letters -- redrive all     has the worker process all of them again
  npm run dead-letters -- dismiss <id>    deletes one
  npm run dead-letters -- dismiss all     deletes all of them
`;

const maxListed = 500;

/** The parsed command, or null if the arguments are not valid. */
export function readCommand(args: readonly string[]): DeadLetterCommand | null {
  const [action, target = '', ...rest] = args;
  if (rest.length > 0) return null;
  if (action === 'list' && target === '') return { action };
  if (action !== 'redrive' && action !== 'dismiss') return null;
  const eventId = readTarget(target);
  return eventId === undefined ? null : { action, eventId };
}

/** Runs the command and returns its exit code. Never prints bodies: they hold names, numbers and messages. */
export async function runCommand(command: DeadLetterCommand, deps: DeadLetterDeps): Promise<number> {
  const { deadLetters, clock, print } = deps;
  switch (command.action) {
    case 'list':
      return list(deps);
    case 'redrive':
      return report('Redriven', command.eventId, {
        count: await deadLetters.redrive(command.eventId, clock.now()),
        print,
      });
    case 'dismiss':
      return report('Dismissed', command.eventId, {
        count: await deadLetters.dismiss(command.eventId),
        print,
      });
  }
}

async function list({ deadLetters, print }: DeadLetterDeps): Promise<number> {
  const found = await deadLetters.list(maxListed + 1);
  if (found.length === 0) {
    print('No dead letters.');
    return exitCodes.done;
  }
  const isCut = found.length > maxListed;
  print(isCut ? `More than ${maxListed} dead letters; the oldest are:` : `Dead letters: ${found.length}`);
  print(formatRow(['id', 'received', 'expires', 'reason']));
  for (const event of found.slice(0, maxListed)) print(describe(event));
  return exitCodes.done;
}

const describe = ({ _id, receivedAt, expiresAt, lastError }: DeadLetter): string =>
  formatRow([
    _id.toHexString(),
    receivedAt.toISOString(),
    // The worker sets the end of dead letters of older versions within ten minutes.
    expiresAt?.toISOString() ?? 'not set yet',
    lastError ?? 'unknown',
  ]);

function report(
  what: string,
  eventId: Types.ObjectId | null,
  { count, print }: { count: number; print: Print },
): number {
  if (count === 0 && eventId !== null) {
    print(`Dead letter not found: ${eventId.toHexString()}`);
    return exitCodes.failed;
  }
  print(`${what}: ${count}`);
  return exitCodes.done;
}
