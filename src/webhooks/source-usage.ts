import type { DueSource } from './repository.ts';

/** The time that each source used lately, in this process. */
export interface SourceUsage {
  add(source: string | null, milliseconds: number, now: Date): void;
  /** Those that used the least time first; of equals, the longest due. */
  sort(sources: readonly DueSource[], now: Date): readonly DueSource[];
}

/** Used time counts half after this. */
const halfLifeMs = 10_000;
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
export function createSourceUsage(): SourceUsage {
  const used = new Map<string | null, Used>();

  function usedBy(source: string | null, now: Date): number {
    const { milliseconds, at } = used.get(source) ?? { milliseconds: 0, at: 0 };
    return milliseconds * 2 ** (-(now.getTime() - at) / halfLifeMs);
  }

  return {
    add(source, milliseconds, now) {
      const total = usedBy(source, now) + milliseconds;
      used.delete(source);
      used.set(source, { milliseconds: total, at: now.getTime() });
      const [oldest] = used.keys();
      if (used.size > maxSources && oldest !== undefined) used.delete(oldest);
    },

    sort: (sources, now) =>
      sources
        .map((due) => ({ due, milliseconds: usedBy(due.source, now) }))
        .toSorted((a, b) => a.milliseconds - b.milliseconds || a.due.dueAt.getTime() - b.due.dueAt.getTime())
        .map(({ due }) => due),
  };
}
