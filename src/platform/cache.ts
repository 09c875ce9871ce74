import type { Clock } from './clock.ts';

export interface Cache<V> {
  /** The value of a key: from memory while it is fresh, else loaded; callers at the same time share one load. */
  get(key: string, load: () => Promise<V>): Promise<V>;
  forget(key: string): void;
}

export interface CacheOptions {
  readonly ttlMs: number;
  readonly maxEntries: number;
  readonly clock: Clock;
}

/**
 * A small cache in memory for what is read far more often than it changes. What another process changed is seen
 * after `ttlMs` at the latest; a failed load is not kept.
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
