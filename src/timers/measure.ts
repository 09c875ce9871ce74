import { secondsBetween } from '../platform/clock.ts';
import { maxCounted, type Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { timerInstruments } from './instruments.ts';
import { createTimerMeasures } from './repository-measures.ts';

interface TimerMeasureDeps {
  readonly mongo: MongoConnection;
  readonly metrics: Measured<typeof timerInstruments>;
}

/** The gauges of timers. */
export function createTimerMeasure({ mongo, metrics }: TimerMeasureDeps) {
  const timers = createTimerMeasures(mongo);
  const { oldestDueTimerAge, timersFailed } = metrics.instruments;
  return async (now: Date): Promise<void> => {
    const oldestDueAt = await timers.findOldestDueAcrossClients(now);
    const age = oldestDueAt === null ? 0 : secondsBetween(oldestDueAt, now);
    oldestDueTimerAge.replace([{ labels: {}, value: age }]);
    timersFailed.replace([{ labels: {}, value: await timers.countFailedAcrossClients(maxCounted) }]);
  };
}
