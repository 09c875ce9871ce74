import type { DueSource } from './repository.ts';
import { isUnverifiedSource } from './source.ts';

/** The time that each source used lately, in this process. */
export interface SourceUsage {
  /** In milliseconds. Unverified sources share theirs. */
  usedBy(source: string | null, now: Date): number;
  add(source: string | null, milliseconds: number, now: Date): void;
  /** Those that used the least time first; of equals, the longest due. */
  sort(sources: readonly DueSource[], now: Date): readonly DueSource[];
}

/** All unverified sources together have the turns of one business, because one stranger can make any number of them. */
const unverified = 'unverified';

/** Used time counts half after this. */
const defaultHalfLifeMs = 10_000;
/** The sources that are remembered; of more, those that are longest without a turn are forgotten. */
const maxSources = 10_000;

interface Used {
  readonly milliseconds: number;
  readonly at: number;
}

/**
 * A source that floods uses all the time that it gets, so it comes after one with a few messages, however recently that
 * one had its turn. It never starves: while it waits, its used time fades.
 */
export function createSourceUsage({ halfLifeMs = defaultHalfLifeMs } = {}): SourceUsage {
  const used = new Map<string | null, Used>();

  function ownOf(source: string | null, now: Date): number {
    const { milliseconds, at } = used.get(source) ?? { milliseconds: 0, at: 0 };
    return milliseconds * 2 ** (-(now.getTime() - at) / halfLifeMs);
  }

  function note(source: string | null, milliseconds: number, now: Date): void {
    const total = ownOf(source, now) + milliseconds;
    used.delete(source);
    used.set(source, { milliseconds: total, at: now.getTime() });
    const [oldest] = used.keys();
    if (used.size > maxSources && oldest !== undefined) used.delete(oldest);
  }

  const usedBy = (source: string | null, now: Date): number =>
    ownOf(isUnverifiedSource(source) ? unverified : source, now);

  return {
    usedBy,

    add(source, milliseconds, now) {
      if (isUnverifiedSource(source)) note(unverified, milliseconds, now);
      note(source, milliseconds, now);
    },

    sort: (sources, now) =>
      sources
        .map((due) => ({ due, used: usedBy(due.source, now), own: ownOf(due.source, now) }))
        .toSorted((a, b) => a.used - b.used || a.own - b.own || a.due.dueAt.getTime() - b.due.dueAt.getTime())
        .map(({ due }) => due),
  };
}
