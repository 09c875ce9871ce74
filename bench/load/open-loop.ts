import { setTimeout as sleep } from 'node:timers/promises';

export interface OpenLoop {
  readonly count: number;
  readonly perSecond: number;
}

export interface OpenLoopRun {
  /** Seconds from the first planned time to the last end. */
  readonly seconds: number;
  /** The maximum delay of a step's start, caused by the load generator itself. */
  readonly generatorLagMs: number;
}

/**
 * Starts `step` at a fixed rate, regardless of earlier steps; `plannedAt` is on the clock of `performance.now()`.
 * Rejects with the first failure after all have ended.
 */
export async function runOpenLoop(
  { count, perSecond }: OpenLoop,
  step: (index: number, plannedAt: number) => Promise<void>,
): Promise<OpenLoopRun> {
  const underWay: Promise<void>[] = [];
  const failures: unknown[] = [];
  let generatorLagMs = 0;
  const startedAt = performance.now();
  for (let next = 0; next < count && failures.length === 0;) {
    const now = performance.now();
    for (; next < count; next += 1) {
      const plannedAt = startedAt + (next * 1_000) / perSecond;
      if (plannedAt > now) break;
      generatorLagMs = Math.max(generatorLagMs, now - plannedAt);
      underWay.push(step(next, plannedAt).catch((error: unknown) => void failures.push(error)));
    }
    await sleep(1);
  }
  await Promise.all(underWay);
  if (failures.length > 0) throw failures[0];
  return { seconds: (performance.now() - startedAt) / 1_000, generatorLagMs };
}
