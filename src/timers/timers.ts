import type { ClientSession, Types } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import type { ClientScope } from '../platform/mongo.ts';
import type { TimerKey, TimerRepository } from './repository.ts';
import { keepEndedMs } from './rules.ts';

export type { TimerKey } from './repository.ts';

export interface TimerOrder extends TimerKey {
  /** One in the past fires at once. */
  readonly dueAt: Date;
}

/** A timer that is due, as its handler gets it. */
export interface Firing {
  readonly scope: ClientScope;
  readonly kind: string;
  readonly subjectId: Types.ObjectId;
  readonly dueAt: Date;
  readonly epoch: number;
  /** Counts from 1. */
  readonly attempt: number;
  /**
   * Ends the timer in the transaction of the handler, so that what the handler writes there happens exactly once. False
   * if the timer was armed again, disarmed or handled meanwhile: then the handler writes nothing.
   */
  complete(session: ClientSession): Promise<boolean>;
}

/**
 * Handles a due timer, at least once unless it calls `complete`. The timer ends when it returns; if it throws, the timer
 * is repeated. It must finish within 15 s.
 */
export type TimerHandler = (firing: Firing) => Promise<void>;

/** The handlers by kind. */
export type TimerHandlers = Readonly<Record<string, TimerHandler>>;

export type Timers = ReturnType<typeof createTimers>;

/** Arms and disarms timers, in the transaction of the change that needs them. There is one for each kind and subject. */
export const createTimers = ({
  timers,
  clock,
}: {
  readonly timers: Pick<TimerRepository, 'arm' | 'disarm'>;
  readonly clock: Clock;
}) => ({
  /** Arms the timer, or moves it; a firing of the old time is over. Returns the epoch, which rises each time. */
  arm: (scope: ClientScope, { dueAt, ...key }: TimerOrder, session?: ClientSession): Promise<number> =>
    timers.arm(scope, key, dueAt, session),

  /** Ends the timer without firing; false if it was not armed. */
  disarm: (scope: ClientScope, key: TimerKey, session?: ClientSession): Promise<boolean> =>
    timers.disarm(scope, key, new Date(clock.now().getTime() + keepEndedMs), session),
});
