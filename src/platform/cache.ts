import type { Clock } from './clock.ts';

export interface Cache<V> {
  /** The value of a key, from memory while fresh, otherwise loaded. Concurrent callers share one load. */
  get(key: string, load: () => Promise<V>): Promise<V>;
  forget(key: string): void;
}

export interface CacheOptions {
  readonly ttlMs: number;
  readonly maxEntries: number;
  readonly clock: Clock;
}

/**
 * A small in-memory cache for data that is read far more often than it changes. Changes by other processes show after
 * `ttlMs` at the latest. A failed load is not cached.
 */
export function createCache<V>({ ttlMs, maxEntries, clock }: CacheOptions): Cache<V> {
  const entries = new Map<string, { value: Promise<V>; freshUntilMs: number }>();
  return {
    get(key, load) {
      const nowMs = clock.now().getTime();
      const held = entries.get(key);
      if (held !== undefined && held.freshUntilMs > nowMs) return held.value;
      entries.delete(key);
      if (entries.size >= maxEntries) {
        const [oldest] = entries.keys();
        if (oldest !== undefined) entries.delete(oldest);
      }
      const entry = { value: load(), freshUntilMs: nowMs + ttlMs };
      entries.set(key, entry);
      entry.value.catch(() => {
        if (entries.get(key) === entry) entries.delete(key);
      });
      return entry.value;
    },
    forget: (key) => void entries.delete(key),
  };
}
