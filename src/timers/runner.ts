import { createClientTurns } from '../platform/client-turns.ts';
import { type Clock, sleep } from '../platform/clock.ts';
import { mapConcurrently } from '../platform/concurrency.ts';
import { newUuid } from '../platform/ids.ts';
import type { Logger } from '../platform/logger.ts';
import { type ClientScope, scopeOf } from '../platform/mongo.ts';
import type { LeasedTimer, TimerRepository } from './repository.ts';
import { afterFailure, keepEndedMs, keepFailedMs, nameOfError } from './rules.ts';
import type { TimerHandlers } from './timers.ts';

export const timerOutcomes = ['done', 'retried', 'gave-up'] as const;
export type TimerOutcome = (typeof timerOutcomes)[number];

/** Called after each attempt. Must not throw, and decides nothing. */
export type TimerObserver = (kind: string, outcome: TimerOutcome) => void;

export interface TimerRunnerDeps {
  readonly timers: TimerRepository;
  readonly handlers: TimerHandlers;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onAttempt?: TimerObserver;
  /** How long a worker holds a timer, and so how long its handler may take. */
  readonly leaseMs?: number;
}

/** Clients whose timers this process handles at the same time. */
const maxTurns = 8;
/** Timers of a client in one turn, and how many of them at the same time. */
const maxTimersPerTurn = 20;
const maxConcurrentTimers = 4;
/** The wait after a failed turn. */
const retryMs = 500;

/** Handlers write to the database; a repetition is harmless. */
const defaultLeaseMs = 15_000;

/**
 * Fires due timers. Clients take turns in the order of their ids, and a turn is small: a client with a million due
 * timers delays another by the length of one turn.
 */
export function createTimerRunner(deps: TimerRunnerDeps) {
  const { timers, clock, logger } = deps;
  const { takeDue, ...work } = createClientTurns({
    findDue: timers.findDueClientsAcrossClients,
    async takeTurn(clientId): Promise<number> {
      try {
        return await takeTurn(deps, scopeOf(clientId));
      } catch (error) {
        logger.error(
          { error, clientId: clientId.toHexString() },
          'turn of timers failed; they are due again when their lease ends',
        );
        await sleep(retryMs);
        return 0;
      }
    },
    ...{ maxTurns, clock },
  });
  return {
    ...work,
    /** Gives one turn to the clients with due timers, as many as have a place; returns the number of timers fired. */
    async fireDue(): Promise<number> {
      const counts = await takeDue();
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

/** Fires the timers of a client that have been due longest; returns how many. */
async function takeTurn(deps: TimerRunnerDeps, scope: ClientScope): Promise<number> {
  const { timers, clock, leaseMs = defaultLeaseMs } = deps;
  const now = clock.now();
  const leaseToken = newUuid();
  const leaseUntil = new Date(now.getTime() + leaseMs);
  const leased = await timers.lease(scope, { now, leaseUntil, leaseToken, limit: maxTimersPerTurn });
  await mapConcurrently(leased, maxConcurrentTimers, (timer) => {
    // The last ones of a slow turn are due again when its lease ends.
    const leftMs = leaseUntil.getTime() - clock.now().getTime();
    return leftMs > 0 ? fire(deps, scope, { ...timer, leaseToken }, leftMs) : Promise.resolve();
  });
  return leased.length;
}

type HeldTimer = LeasedTimer & { readonly leaseToken: string };

async function fire(
  deps: TimerRunnerDeps,
  scope: ClientScope,
  timer: HeldTimer,
  leftMs: number,
): Promise<void> {
  const { timers, clock, onAttempt } = deps;
  const expiresAt = (): Date => new Date(clock.now().getTime() + keepEndedMs);
  try {
    const { kind, subjectId, dueAt, epoch, attempts } = timer;
    const handle = deps.handlers[kind];
    if (handle === undefined) throw new UnknownKindError(kind);
    await within(
      leftMs,
      handle({
        ...{ scope, kind, subjectId, dueAt, epoch },
        attempt: attempts,
        complete: (session) => timers.end(scope, timer, expiresAt(), session),
      }),
    );
    await timers.end(scope, timer, expiresAt());
    onAttempt?.(kind, 'done');
  } catch (error) {
    await settleFailure(deps, scope, timer, error);
  }
}

async function settleFailure(
  { timers, clock, logger, onAttempt }: TimerRunnerDeps,
  scope: ClientScope,
  timer: HeldTimer,
  error: unknown,
): Promise<void> {
  const { kind, attempts } = timer;
  const now = clock.now();
  const lastError = nameOfError(error);
  const fields = { timerId: timer._id, kind, subjectId: timer.subjectId, attempt: attempts, error };
  const next = afterFailure({ attempts, now });
  if (next.kind === 'retry') {
    await timers.postpone(scope, timer, { attemptAt: next.at, lastError });
    onAttempt?.(kind, 'retried');
    logger.warn({ ...fields, retryAt: next.at }, 'timer failed; will be repeated');
    return;
  }
  const expiresAt = new Date(now.getTime() + keepFailedMs);
  await timers.giveUp(scope, timer, { failedAt: now, expiresAt, lastError });
  onAttempt?.(kind, 'gave-up');
  logger.error(fields, 'timer given up');
}

/** A new version armed it; a worker of that version handles it. */
class UnknownKindError extends Error {
  override readonly name = 'UnknownTimerKind';

  constructor(kind: string) {
    super(`No handler for timers of kind ${kind}.`);
  }
}

class LeaseOverError extends Error {
  override readonly name = 'TimerLeaseOver';
}

/** Rejects when the lease is over: a handler that hangs holds up nobody, and what it does later is too late. */
async function within(leftMs: number, handled: Promise<void>): Promise<void> {
  const done = new AbortController();
  const over = sleep(leftMs, done.signal).then(() => {
    if (!done.signal.aborted)
      throw new LeaseOverError('The handler took longer than the lease of its timer.');
  });
  try {
    await Promise.race([handled, over]);
  } finally {
    done.abort();
  }
}
