import type { LeasedEvent } from './repository.ts';

/** A parsed body of this size takes a few megabytes; a process holds only one larger body at a time. */
const maxSharedBytes = 256 * 1024;

/** The permission to handle the events of a lease. */
export interface BodyPlace {
  readonly size: 'small' | 'large';
  /** Whether another source waits for it. */
  isWanted(): boolean;
  leave(): void;
}

export interface LargeBodies {
  /** Null if an event is large and another large one is being handled; the source then waits until that one leaves. */
  enter(source: string | null, events: readonly LeasedEvent[]): BodyPlace | null;
  /** Whether the source has been refused, and the place is still taken. */
  keepsWaiting(source: string | null): boolean;
}

/** Bounds the memory of large bodies: one of them at a time, and they take turns. */
export function createLargeBodies(): LargeBodies {
  const waiting = new Set<string | null>();
  let isTaken = false;
  return {
    keepsWaiting: (source) => isTaken && waiting.has(source),
    enter(source, events) {
      const isLarge = events.some(({ bytes }) => bytes > maxSharedBytes);
      if (!isLarge) return { size: 'small', isWanted: () => false, leave: () => undefined };
      if (isTaken) {
        waiting.add(source);
        return null;
      }
      isTaken = true;
      return {
        size: 'large',
        isWanted: () => waiting.size > 0,
        leave() {
          isTaken = false;
          waiting.clear();
        },
      };
    },
  };
}
