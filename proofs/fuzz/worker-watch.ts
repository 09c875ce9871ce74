import { setTimeout as sleep } from 'node:timers/promises';

/** The worker's own figures, from its metrics. */
export interface WorkerFigures {
  /** Beyond what it took before the run. */
  readonly grownMiB: number;
  /** The worst 99th percentile of its event-loop delay, each over one look. */
  readonly delayP99Ms: number;
}

const lookEveryMs = 2_000;

/** Looks at the metrics of the worker until it is stopped. */
export async function watchWorker(metricsUrl: string): Promise<() => Promise<WorkerFigures>> {
  const stopping = new AbortController();
  const first = await readMetrics(metricsUrl);
  let [most, delayP99Ms] = [first.residentBytes, 0];
  async function look(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sleep(lookEveryMs);
      const now = await readMetrics(metricsUrl);
      most = Math.max(most, now.residentBytes);
      delayP99Ms = Math.max(delayP99Ms, now.delayP99Ms);
    }
  }
  const ended = look();
  return async () => {
    stopping.abort();
    await ended;
    return { grownMiB: (most - first.residentBytes) / 2 ** 20, delayP99Ms };
  };
}

async function readMetrics(url: string): Promise<{ residentBytes: number; delayP99Ms: number }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  const text = await response.text();
  const valueOf = (name: string): number => {
    const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`the worker has no metric ${name}`);
    return Number(value);
  };
  return {
    residentBytes: valueOf('process_resident_memory_bytes'),
    delayP99Ms: valueOf('nodejs_eventloop_lag_p99_seconds') * 1_000,
  };
}
