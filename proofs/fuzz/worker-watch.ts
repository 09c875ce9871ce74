import { setTimeout as sleep } from 'node:timers/promises';

/** The worker's own figures, from its metrics. */
export interface WorkerFigures {
  /** The most that it took of the machine. V8 collects late while nothing forces it, so much of this may be garbage. */
  readonly mostMiB: number;
  /** What survived the collections of the last minute beyond what survived those of the first. */
  readonly heldMiB: number;
  /** The 99th percentile of its event-loop delay in a look of two seconds: at most this in 99 of 100 looks, and in all. */
  readonly delayP99Ms: { readonly usual: number; readonly worst: number };
}

const lookEveryMs = 2_000;
const looksPerMinute = 30;
const mebibyte = 2 ** 20;

/** Looks at the metrics of the worker until it is stopped. */
export async function watchWorker(metricsUrl: string): Promise<() => Promise<WorkerFigures>> {
  const stopping = new AbortController();
  const looks = [await readMetrics(metricsUrl)];
  async function look(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sleep(lookEveryMs);
      looks.push(await readMetrics(metricsUrl));
    }
  }
  const ended = look();
  return async () => {
    stopping.abort();
    await ended;
    return figuresOf(looks);
  };
}

interface Look {
  readonly residentBytes: number;
  /** Of JavaScript: its heap, and buffers beside it. */
  readonly usedBytes: number;
  readonly delayP99Ms: number;
}

function figuresOf(looks: readonly Look[]): WorkerFigures {
  // Right after a collection, little more is in use than what is held.
  const held = (some: readonly Look[]) => Math.min(...some.map(({ usedBytes }) => usedBytes));
  return {
    mostMiB: Math.max(...looks.map(({ residentBytes }) => residentBytes)) / mebibyte,
    heldMiB: (held(looks.slice(-looksPerMinute)) - held(looks.slice(0, looksPerMinute))) / mebibyte,
    delayP99Ms: delaysOf(looks.slice(1)),
  };
}

function delaysOf(looks: readonly Look[]): WorkerFigures['delayP99Ms'] {
  const delays = looks.map(({ delayP99Ms }) => delayP99Ms).toSorted((a, b) => a - b);
  return { usual: delays[Math.ceil(delays.length * 0.99) - 1] ?? 0, worst: delays.at(-1) ?? 0 };
}

async function readMetrics(url: string): Promise<Look> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  const text = await response.text();
  const valueOf = (name: string): number => {
    const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`the worker has no metric ${name}`);
    return Number(value);
  };
  return {
    residentBytes: valueOf('process_resident_memory_bytes'),
    usedBytes: valueOf('nodejs_heap_size_used_bytes') + valueOf('nodejs_external_memory_bytes'),
    delayP99Ms: valueOf('nodejs_eventloop_lag_p99_seconds') * 1_000,
  };
}
