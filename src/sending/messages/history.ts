import type { StatusEntry } from './store/model.ts';

/** The order of receipts within a second, by the provider's word; others follow. */
const ranks: Readonly<Record<string, number>> = { sent: 0, delivered: 1, read: 2, played: 3 };
const lastRank = 4;

const wordOf = ({ raw }: StatusEntry): string | null =>
  typeof raw?.['word'] === 'string' ? raw['word'].toLowerCase() : null;

const rankOf = (entry: StatusEntry): number => ranks[wordOf(entry) ?? ''] ?? lastRank;

const byTime = (a: StatusEntry, b: StatusEntry): number =>
  a.timestamp.getTime() - b.timestamp.getTime() || rankOf(a) - rankOf(b);

/**
 * The history in the order of events. What the product did stays as stored, which is causal; receipts may arrive in any
 * order and have whole seconds, so those between two such entries are sorted by the provider's time, then by their word,
 * then by arrival.
 */
export function historyInOrder(entries: readonly StatusEntry[]): StatusEntry[] {
  const ordered: StatusEntry[] = [];
  let receipts: StatusEntry[] = [];
  for (const entry of entries) {
    if (wordOf(entry) !== null) {
      receipts.push(entry);
      continue;
    }
    ordered.push(...receipts.toSorted(byTime), entry);
    receipts = [];
  }
  return [...ordered, ...receipts.toSorted(byTime)];
}

/** When the message reached each status first; null if it has not. `read` implies `delivered`, and both imply `sent`. */
export interface Milestones {
  readonly sentAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly readAt: Date | null;
}

/** The statuses that `milestonesOf` reads. */
export const milestoneStatuses = ['sent', 'delivered', 'read'] as const;

export function milestonesOf(entries: readonly Pick<StatusEntry, 'status' | 'timestamp'>[]): Milestones {
  const firstOf = (statuses: readonly string[]): Date | null => {
    const times = entries
      .filter(({ status }) => statuses.includes(status))
      .map(({ timestamp }) => timestamp.getTime());
    return times.length === 0 ? null : new Date(Math.min(...times));
  };
  return {
    sentAt: firstOf(milestoneStatuses),
    deliveredAt: firstOf(['delivered', 'read']),
    readAt: firstOf(['read']),
  };
}
