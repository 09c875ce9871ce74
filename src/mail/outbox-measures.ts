import type { Connection } from 'mongoose';
import { openPlatformCollection } from '../platform/platform-collection.ts';
import { outboxMailModel } from './model.ts';

export interface OutboxMeasure {
  /** Mails that no process has tried to send. */
  readonly newCount: number;
  /** Mails that wait for another attempt, or are being tried again. */
  readonly failingCount: number;
  readonly oldestNewAt: Date | null;
}

const maxTimeMS = 5_000;

/** Counts of the outbox for the metrics. */
export function createOutboxMeasures(connection: Connection) {
  const mails = openPlatformCollection(outboxMailModel, connection);
  return {
    /** Counts the mails that wait, over the index of due mails; looks at `limit` of them. */
    async measureOutbox(limit: number): Promise<OutboxMeasure> {
      const groups = await mails
        .aggregate<{ _id: boolean; count: number; oldest: Date }>(
          [
            { $match: { nextAttemptAt: { $exists: true } } },
            { $sort: { nextAttemptAt: 1 } },
            { $limit: limit },
            {
              $group: {
                _id: { $eq: ['$attempts', 0] },
                count: { $sum: 1 },
                oldest: { $min: '$createdAt' },
              },
            },
          ],
          { maxTimeMS },
        )
        .toArray();
      const [fresh] = groups.filter(({ _id: isNew }) => isNew);
      const [failing] = groups.filter(({ _id: isNew }) => !isNew);
      return {
        newCount: fresh?.count ?? 0,
        failingCount: failing?.count ?? 0,
        oldestNewAt: fresh?.oldest ?? null,
      };
    },
  };
}
