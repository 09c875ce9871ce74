/** How much a number may send: in all, and to one person. Time comes from outside, so that tests can set it. */

const SECOND_MS = 1_000;
const MAX_REMEMBERED = 100_000;

/**
 * An exact log of the last second: in no window of one second are there more events than the rate, wherever the
 * window starts. A rate below one is one event in a window that is longer in proportion.
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

  /** Meta's second is half open: what happened exactly one window ago is over. */
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
  /** So many may follow each other at once; what is more than one is borrowed from the future. */
  readonly burst: number;
}

/** The limit of one number to one person (GCRA): a message each interval, and a burst that has to be paid back. */
export interface PairLimiter {
  take(pair: string, limit: PairLimit, now: number): boolean;
  clear(): void;
}

export function createPairLimiter(): PairLimiter {
  // When each pair's debt is paid back; a pair that has none is not remembered.
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
