import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { createLoops, type RunnableLoop } from '../platform/loop.ts';
import type { Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { timerInstruments } from './instruments.ts';
import { timerLoops } from './loops.ts';
import { createTimerRepository } from './repository.ts';
import { createTimerRunner } from './runner.ts';
import { createTimers, type TimerHandlers, type Timers } from './timers.ts';

interface TimerDeps {
  readonly mongo: MongoConnection;
  readonly metrics: Measured<typeof timerInstruments>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const openStore = (mongo: MongoConnection) => createTimerRepository(mongo);

/** The timers that were given up; all that their command needs. */
export const buildFailedTimers = (mongo: MongoConnection) => openStore(mongo);

/** Timers, and the loop that fires them in the worker. */
export function buildTimers({ mongo, metrics, clock, logger }: TimerDeps): {
  readonly timers: Timers;
  /** Takes the handlers of all areas, by kind. */
  loops(handlers: TimerHandlers): readonly RunnableLoop[];
} {
  const repository = openStore(mongo);
  return {
    timers: createTimers({ timers: repository, clock }),

    loops(handlers) {
      const runner = createTimerRunner({
        ...{ timers: repository, handlers, clock, logger },
        onAttempt: (kind, outcome) => metrics.instruments.timers.add({ kind, outcome }),
      });
      return createLoops(timerLoops, { timers: runner });
    },
  };
}
