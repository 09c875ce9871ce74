import type { Measured } from '../platform/metrics.ts';
import type { BodyObserver } from './body-budget.ts';
import { type BodyPool, bodyPools } from './body-pools.ts';
import type { httpInstruments } from './instruments.ts';

/** Measures the memory of bodies. */
export function observeBodies({ instruments }: Measured<typeof httpInstruments>): BodyObserver {
  const bytes = new Map<BodyPool, number>(bodyPools.map((pool) => [pool, 0]));
  // Alerts watch these counters: Prometheus misses the first increase of a counter that does not exist yet.
  for (const pool of bodyPools)
    for (const reason of ['full', 'slow']) instruments.bodiesRefused.add({ pool, reason }, 0);
  return {
    held(pool, poolBytes) {
      bytes.set(pool, poolBytes);
      instruments.bodyBytes.replace([...bytes].map(([name, value]) => ({ labels: { pool: name }, value })));
    },
    refused: (pool, reason) => instruments.bodiesRefused.add({ pool, reason }),
  };
}
