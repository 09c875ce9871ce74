/** Rate limits of a number: in total, and to one contact. The caller passes the time, so that tests can set it. */

const SECOND_MS = 1_000;
const MAX_REMEMBERED = 100_000;

/**
 * An exact sliding window: no window of one second holds more events than the rate, wherever it starts. A rate below
 * one allows one event in a proportionally longer window.
 */
export interface WindowLog {
  /** Whether one more event would stay within the rate. */
  hasRoom(key: string, limit: WindowLimit, now: number): boolean;
  add(key: string, now: number): void;
  count(key: string, windowMs: number, now: number): number;
  clear(): void;
}

export interface WindowLimit {
  readonly events: number;
  readonly windowMs: number;
}

export const perSecond = (rate: number): WindowLimit => ({
  events: Math.max(1, Math.floor(rate)),
  windowMs: rate < 1 ? SECOND_MS / rate : SECOND_MS,
});

export function createWindowLog(): WindowLog {
  const logs = new Map<string, number[]>();

  /** Meta's window is half open: an event exactly one window ago does not count. */
  function recent(key: string, windowMs: number, now: number): number[] {
    const log = logs.get(key) ?? [];
    const firstRecent = log.findIndex((at) => at > now - windowMs);
    const kept = firstRecent === -1 ? [] : firstRecent === 0 ? log : log.slice(firstRecent);
    logs.set(key, kept);
    return kept;
  }

  return {
    hasRoom: (key, { events, windowMs }, now) => recent(key, windowMs, now).length < events,
    add(key, now) {
      const log = logs.get(key);
      if (log === undefined) logs.set(key, [now]);
      else log.push(now);
    },
    count: (key, windowMs, now) => recent(key, windowMs, now).length,
    clear: () => logs.clear(),
  };
}

export interface PairLimit {
  readonly intervalMs: number;
  /** Messages that may follow each other at once; all but the first are borrowed from the future. */
  readonly burst: number;
}

/** Limits the messages of one number to one contact (GCRA): one per interval, and a burst that must be paid back. */
export interface PairLimiter {
  take(pair: string, limit: PairLimit, now: number): boolean;
  clear(): void;
}

export function createPairLimiter(): PairLimiter {
  // When the debt of each pair is paid back. Pairs without debt may be dropped.
  const paidAt = new Map<string, number>();

  function forgetOld(now: number): void {
    if (paidAt.size < MAX_REMEMBERED) return;
    for (const [pair, at] of paidAt) if (at <= now) paidAt.delete(pair);
  }

  return {
    take(pair, { intervalMs, burst }, now) {
      forgetOld(now);
      const debtEnd = Math.max(now, paidAt.get(pair) ?? now);
      if (debtEnd - now > (burst - 1) * intervalMs) return false;
      paidAt.set(pair, debtEnd + intervalMs);
      return true;
    },
    clear: () => paidAt.clear(),
  };
}
