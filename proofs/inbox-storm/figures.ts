import type { Commit, Listened, StormFacts } from './facts.ts';

/** What happened in a storm, counted from the facts. Pure. */
export interface Figures {
  /** Changes of agents by the product, by their reason. */
  readonly decisions: ReadonlyMap<string, number>;
  /** From the place in the queue to the agent, in milliseconds. */
  readonly waitsMs: readonly number[];
  readonly longestQueue: number;
  readonly warnings: number;
  readonly breaches: number;
  readonly reopenings: number;
  readonly events: number;
  readonly connections: number;
}

export function countFigures({
  commits,
  conversations,
  events,
  listened,
}: Pick<StormFacts, 'commits' | 'conversations' | 'events' | 'listened'>): Figures {
  return {
    ...followQueue(commits),
    ...countDeadlines(commits),
    reopenings: conversations.reduce((sum, { reopenings }) => sum + reopenings, 0),
    events: events.length,
    connections: listened.reduce((sum: number, { connections }: Listened) => sum + connections, 0),
  };
}

function followQueue(commits: readonly Commit[]): Pick<Figures, 'decisions' | 'waitsMs' | 'longestQueue'> {
  const waitingSince = new Map<string, number>();
  const decisions = new Map<string, number>();
  const waitsMs: number[] = [];
  let longestQueue = 0;
  for (const { atMs, changes } of commits) {
    for (const change of changes) {
      if (change.kind !== 'conversation') continue;
      const reason = change.decision?.agentId === undefined ? null : change.decision.reason;
      if (reason !== null) decisions.set(reason, (decisions.get(reason) ?? 0) + 1);
      const since = waitingSince.get(change.id);
      if (change.queue !== null) waitingSince.set(change.id, since ?? atMs);
      else if (since !== undefined) {
        waitingSince.delete(change.id);
        if (change.agentId !== null) waitsMs.push(atMs - since);
      }
    }
    longestQueue = Math.max(longestQueue, waitingSince.size);
  }
  return { decisions, waitsMs, longestQueue };
}

function countDeadlines(commits: readonly Commit[]): Pick<Figures, 'warnings' | 'breaches'> {
  const [warned, breached] = [new Set<string>(), new Set<string>()];
  for (const { changes } of commits) {
    for (const change of changes) {
      if (change.kind !== 'clock') continue;
      if (change.warnedAtMs !== null) warned.add(change.id);
      if (change.breachedAtMs !== null) breached.add(change.id);
    }
  }
  return { warnings: warned.size, breaches: breached.size };
}
