import { maxSharedBytes } from './lease-size.ts';
import type { LeasedEvent } from './repository.ts';
import { createSourceUsage } from './source-usage.ts';
import { isUnverifiedSource } from './source.ts';

/** The permission to handle the events of a lease. */
export interface BodyPlace {
  readonly size: 'small' | 'large';
  /** Whether another source waits for it. */
  isWanted(now: Date): boolean;
  leave(now: Date): void;
}

export interface LargeBodies {
  /** Null if an event is large and it is not the turn of the source; it then waits until it is called. */
  enter(source: string | null, events: readonly LeasedEvent[], now: Date): BodyPlace | null;
  /** Whether the source has been refused, and it is not its turn yet. */
  keepsWaiting(source: string | null, now: Date): boolean;
  /** The waiting source whose turn it is; undefined if the place is taken or nobody waits. */
  called(now: Date): string | null | undefined;
  /** Tells which sources are due. One that has not been for a second waits no longer: another process served it. */
  refresh(due: readonly { readonly source: string | null }[], now: Date): void;
}

interface Waiting {
  /** About how long the next turn takes. */
  readonly expectedMs: number;
  readonly since: number;
  seenAt: number;
}

/** Others wait this long for the turn of a large body; it is parsed again in each of its turns. */
export const largeTurnMs = 500;
/** A guess; the time that a turn really took counts afterwards. */
const bytesPerMs = 1_024;
/** A business that has had its turns comes after the others for about this long. */
const halfLifeMs = 600_000;
const seenForMs = 1_000;

/**
 * Bounds the memory of large bodies: one of them at a time, and they take turns. First comes the source that has used the
 * place least lately, with the expected time of its waiting body; unverified sources come after all others. So a business
 * waits for another one only until both have used the same time, however many bodies wait there.
 */
export function createLargeBodies(): LargeBodies {
  const waiting = new Map<string | null, Waiting>();
  const usage = createSourceUsage({ halfLifeMs });
  let isTaken = false;

  function waitingAt(now: Date): readonly (readonly [string | null, Waiting])[] {
    return [...waiting].filter(([, { seenAt }]) => now.getTime() - seenAt <= seenForMs);
  }

  function next(now: Date): string | null | undefined {
    const [first] = waitingAt(now)
      .map(([source, { expectedMs, since }]) => ({
        source,
        since,
        rank: isUnverifiedSource(source) ? 1 : 0,
        ms: usage.usedBy(source, now) + expectedMs,
      }))
      .toSorted((a, b) => a.rank - b.rank || a.ms - b.ms || a.since - b.since);
    return first?.source;
  }

  const called = (now: Date) => (isTaken ? undefined : next(now));

  function place(source: string | null, enteredAt: Date): BodyPlace {
    isTaken = true;
    waiting.delete(source);
    return {
      size: 'large',
      isWanted: (now) => waitingAt(now).length > 0,
      leave(now) {
        isTaken = false;
        usage.add(source, now.getTime() - enteredAt.getTime(), now);
      },
    };
  }

  return {
    called,
    keepsWaiting: (source, now) => waiting.has(source) && called(now) !== source,

    refresh(due, now) {
      for (const { source } of due) {
        const found = waiting.get(source);
        if (found !== undefined) found.seenAt = now.getTime();
      }
      for (const [source, { seenAt }] of waiting)
        if (now.getTime() - seenAt > seenForMs) waiting.delete(source);
    },

    enter(source, events, now) {
      const bytes = Math.max(0, ...events.map((event) => event.bytes));
      if (bytes <= maxSharedBytes) {
        // Its small bodies come first: it must not keep the place free for itself meanwhile.
        waiting.delete(source);
        return { size: 'small', isWanted: () => false, leave: () => undefined };
      }
      const since = waiting.get(source)?.since ?? now.getTime();
      const expectedMs = Math.min(largeTurnMs, bytes / bytesPerMs);
      waiting.set(source, { expectedMs, since, seenAt: now.getTime() });
      return called(now) === source ? place(source, now) : null;
    },
  };
}
