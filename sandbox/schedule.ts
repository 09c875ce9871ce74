export interface Schedule<T> {
  add(due: number, item: T): void;
  /** Drops all items that are not due yet. */
  stop(): void;
}

/** Items that fall due within the same few milliseconds share a timer and are passed to `onDue` together. */
export function createSchedule<T>(windowMs: number, onDue: (items: readonly T[]) => void): Schedule<T> {
  const buckets = new Map<number, { readonly items: T[]; readonly timer: NodeJS.Timeout }>();

  return {
    add(due, item) {
      const bucket = Math.ceil(Math.max(due, Date.now()) / windowMs) * windowMs;
      const open = buckets.get(bucket);
      if (open !== undefined) {
        open.items.push(item);
        return;
      }
      const items = [item];
      const fire = (): void => {
        buckets.delete(bucket);
        onDue(items);
      };
      buckets.set(bucket, { items, timer: setTimeout(fire, Math.max(0, bucket - Date.now())) });
    },
    stop() {
      for (const { timer } of buckets.values()) clearTimeout(timer);
      buckets.clear();
    },
  };
}
