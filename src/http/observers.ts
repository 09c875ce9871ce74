import type { Measured } from '../platform/metrics.ts';
import type { BodyObserver } from './body-budget.ts';
import { type BodyPool, bodyPools } from './body-pools.ts';
import type { httpInstruments } from './instruments.ts';
import type { RequestObserver } from './request-record.ts';

/** Measures the memory of bodies. */
export function observeBodies({ instruments }: Measured<typeof httpInstruments>): BodyObserver {
  const bytes = new Map<BodyPool, number>(bodyPools.map((pool) => [pool, 0]));
  return {
    held(pool, poolBytes) {
      bytes.set(pool, poolBytes);
      instruments.bodyBytes.replace([...bytes].map(([name, value]) => ({ labels: { pool: name }, value })));
    },
    refused: (pool, reason) => instruments.bodiesRefused.add({ pool, reason }),
  };
}

/** The answers of 5xx that alerts watch. */
const watchedFailures = [
  { status: '500', code: 'internal' },
  { status: '503', code: 'dependency-away' },
  { status: '503', code: 'overloaded' },
] as const;

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts and times requests by the patterns of the routes; paths and methods that nobody declared share one label. */
export const observeRequests = ({
  instruments: { requests, requestSeconds },
}: Measured<typeof httpInstruments>): RequestObserver => ({
  mounted(method, route) {
    // Prometheus misses the first increase of a series that does not exist yet.
    for (const failure of watchedFailures) requests.add({ method, route, ...failure }, 0);
  },
  ended({ method, route, status, problemCode, seconds }) {
    const labels = { method: knownMethods.has(method) ? method : 'other', route: route ?? 'none' };
    const code = status < 500 ? 'none' : (problemCode ?? 'none');
    requests.add({ ...labels, status: String(status), code });
    requestSeconds.observe(labels, seconds);
  },
});
