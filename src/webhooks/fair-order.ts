import { isUnverifiedSource, type DueSource } from './source.ts';

/** The order in which sources get their turns, in this process. */
export interface FairOrder {
  /** Those that come first; of equals, the longest due. */
  sort(sources: readonly DueSource[]): readonly DueSource[];
  /** Counts a turn. `waitingCount`: how many sources had work while it ran, with this one. */
  add(source: string | null, milliseconds: number, waitingCount: number): void;
}

/** A guess at what a turn takes; the time that it really took counts afterwards. */
const bytesPerMs = 1_024;

/** The sources whose turns are remembered. */
const defaultMaxSources = 10_000;

interface FairOrderOptions {
  /** A turn that took longer counts as this long: it went on only because nobody waited, or for the rest of one step. */
  readonly maxTurnMs: number;
  readonly maxSources?: number;
}

/**
 * Fair queueing (Demers, Keshav and Shenker 1989). The virtual time is the turn time that a source would have had by now if
 * all that wait shared it equally. A turn begins where the last one of its source ended in virtual time, or now if that is
 * past, and the one that ends first is next. So a flood comes after a source with a few messages. Whatever each source used
 * before, a waiting one is passed by others for at most two of its longest turns for each source that waits.
 */
export function createFairOrder({ maxTurnMs, maxSources = defaultMaxSources }: FairOrderOptions): FairOrder {
  /** When the last turn of each source ended, in virtual time. */
  const ends = new Map<string | null, number>();
  /** Since when each source waits, in virtual time. */
  let waitingSince = new Map<string | null, number>();
  let virtualNow = 0;

  const endOf = ({ source, bytes }: DueSource, flow: string | null): number =>
    Math.max(waitingSince.get(source) ?? virtualNow, ends.get(flow) ?? 0) +
    Math.min(maxTurnMs, (bytes ?? 0) / bytesPerMs);

  function charge(flow: string | null, milliseconds: number): void {
    const end = Math.max(virtualNow, ends.get(flow) ?? 0) + milliseconds;
    ends.delete(flow);
    // Others that wait here may get their turns in another process, so this virtual time can lag behind.
    ends.set(flow, Math.min(end, virtualNow + maxTurnMs));
  }

  function forget(): void {
    if (ends.size <= maxSources) return;
    // Nothing is lost: they begin now either way.
    for (const [source, end] of ends) if (end <= virtualNow) ends.delete(source);
    for (const source of [...ends.keys()].slice(0, Math.max(0, ends.size - maxSources))) ends.delete(source);
  }

  return {
    sort(sources) {
      waitingSince = new Map(
        sources.map(({ source }) => [source, waitingSince.get(source) ?? virtualNow] as const),
      );
      return sources
        .map((due) => ({ due, end: endOf(due, flowOf(due.source)), ownEnd: endOf(due, due.source) }))
        .toSorted(
          (a, b) => a.end - b.end || a.ownEnd - b.ownEnd || a.due.dueAt.getTime() - b.due.dueAt.getTime(),
        )
        .map(({ due }) => due);
    },

    add(source, milliseconds, waitingCount) {
      const counted = Math.min(milliseconds, maxTurnMs);
      for (const flow of new Set([source, flowOf(source)])) charge(flow, counted);
      virtualNow += counted / Math.max(1, waitingCount);
      waitingSince.delete(source);
      forget();
    },
  };
}

/** All unverified sources together have the turns of one business, because one stranger can make any number of them. */
const flowOf = (source: string | null): string | null => (isUnverifiedSource(source) ? 'unverified' : source);
