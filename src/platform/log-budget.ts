import type { Clock } from './clock.ts';

export interface LogBudgetOptions {
  readonly clock: Clock;
  /** Lines of one key in a minute. */
  readonly maxPerMinute: number;
}

/** Null if the line must not be written; otherwise how many of its key were left out before it. */
export type LogBudget = (key: string) => { readonly leftOutCount: number } | null;

interface Window {
  startedMs: number;
  written: number;
  leftOut: number;
}

const windowMs = 60_000;
/** Of more keys, the one that is longest without a new window is forgotten. */
const maxKeys = 5_000;

/** Bounds the lines that strangers can cause, for each key. Counters and metrics still count everything. */
export function createLogBudget({ clock, maxPerMinute }: LogBudgetOptions): LogBudget {
  const windows = new Map<string, Window>();

  function windowOf(key: string): Window {
    const nowMs = clock.now().getTime();
    const known = windows.get(key);
    if (known !== undefined && nowMs - known.startedMs < windowMs) return known;
    const fresh = { startedMs: nowMs, written: 0, leftOut: known?.leftOut ?? 0 };
    windows.delete(key);
    const [oldest] = windows.keys();
    if (windows.size >= maxKeys && oldest !== undefined) windows.delete(oldest);
    windows.set(key, fresh);
    return fresh;
  }

  return (key) => {
    const window = windowOf(key);
    if (window.written >= maxPerMinute) {
      window.leftOut += 1;
      return null;
    }
    window.written += 1;
    const leftOutCount = window.leftOut;
    window.leftOut = 0;
    return { leftOutCount };
  };
}
