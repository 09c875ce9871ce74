import type { Types } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import { exitCodes, formatRow, type Print, readTarget } from '../platform/command-line.ts';
import { scopeOf } from '../platform/mongo.ts';
import type { TimerDoc, TimerRepository } from './repository.ts';

export interface TimerCommandDeps {
  readonly timers: Pick<TimerRepository, 'listFailedAcrossClients' | 'repeatFailed'>;
  readonly clock: Clock;
  readonly print: Print;
}

export type TimerCommand =
  | { readonly action: 'list' }
  /** Null means all timers. */
  | { readonly action: 'repeat'; readonly timerId: Types.ObjectId | null };

export const usage = `Lists and repeats timers that were given up after failing for a day.

  npm run timers -- list           lists them, the latest first
  npm run timers -- repeat <id>    makes one due again
  npm run timers -- repeat all     makes all of them due again
`;

const maxListed = 500;

/** The parsed command, or null if the arguments are not valid. */
export function readCommand(args: readonly string[]): TimerCommand | null {
  const [action, target = '', ...rest] = args;
  if (rest.length > 0) return null;
  if (action === 'list' && target === '') return { action };
  if (action !== 'repeat') return null;
  const timerId = readTarget(target);
  return timerId === undefined ? null : { action, timerId };
}

/** Runs the command and returns its exit code. */
export const runCommand = (command: TimerCommand, deps: TimerCommandDeps): Promise<number> =>
  command.action === 'list' ? list(deps) : repeat(deps, command.timerId);

async function list({ timers, print }: TimerCommandDeps): Promise<number> {
  const found = await timers.listFailedAcrossClients({ limit: maxListed + 1 });
  if (found.length === 0) {
    print('No timers were given up.');
    return exitCodes.done;
  }
  const isCut = found.length > maxListed;
  print(isCut ? `More than ${maxListed} timers were given up; the latest are:` : `Given up: ${found.length}`);
  print(formatRow(['id', 'kind', 'subject', 'given up', 'error']));
  for (const timer of found.slice(0, maxListed)) print(describe(timer));
  return exitCodes.done;
}

async function repeat(
  { timers, clock, print }: TimerCommandDeps,
  timerId: Types.ObjectId | null,
): Promise<number> {
  let count = 0;
  for (;;) {
    const found = await timers.listFailedAcrossClients({ limit: maxListed, ...(timerId && { timerId }) });
    let repeated = 0;
    for (const { _id, clientId } of found)
      if (await timers.repeatFailed(scopeOf(clientId), _id, clock.now())) repeated += 1;
    count += repeated;
    if (found.length < maxListed || repeated === 0) break;
  }
  if (count === 0 && timerId !== null) {
    print(`No timer was given up with the id ${timerId.toHexString()}.`);
    return exitCodes.failed;
  }
  print(`Repeated: ${count}`);
  return exitCodes.done;
}

const describe = ({ _id, kind, subjectId, failedAt, lastError }: TimerDoc): string =>
  formatRow([
    _id.toHexString(),
    kind,
    subjectId.toHexString(),
    failedAt?.toISOString() ?? '',
    lastError ?? 'unknown',
  ]);
