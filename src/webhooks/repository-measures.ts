import type { Connection } from 'mongoose';
import { openPlatformCollection } from '../platform/platform-collection.ts';
import { webhookEventModel } from './model.ts';

export interface InboxMeasure {
  /** Not taken up yet, or being processed for the first time. */
  readonly pending: number;
  readonly parked: number;
  readonly dead: number;
  /** Those among the parked that speak of nothing that we have. */
  readonly unmatched: number;
  /** When the oldest pending one came; null when there is none. */
  readonly oldestPendingAt: Date | null;
}

const maxTimeMS = 5_000;

/** Counts of the inbox for the metrics; no count goes further than `limit`. */
export function createWebhookMeasures(connection: Connection) {
  const events = openPlatformCollection(webhookEventModel, connection);
  return {
    /** `dueBefore` is far enough ahead to see those that a processor holds under its lease. */
    async measureInbox({ dueBefore, limit }: { dueBefore: Date; limit: number }): Promise<InboxMeasure> {
      const [[pending], parked, dead, [unmatched]] = await Promise.all([
        events
          .aggregate<{ count: number; oldest: Date }>(
            [
              { $match: { nextAttemptAt: { $lte: dueBefore } } },
              { $sort: { nextAttemptAt: 1 } },
              { $limit: limit },
              { $match: { status: 'pending' } },
              { $group: { _id: null, count: { $sum: 1 }, oldest: { $min: '$receivedAt' } } },
            ],
            { maxTimeMS },
          )
          .toArray(),
        events.countDocuments({ status: 'parked' }, { limit, maxTimeMS }),
        events.countDocuments({ status: 'dead' }, { limit, maxTimeMS }),
        events
          .aggregate<{ count: number }>(
            [
              { $match: { status: 'parked' } },
              { $sort: { _id: 1 } },
              { $limit: limit },
              { $match: { lastError: /^unmatched: / } },
              { $count: 'count' },
            ],
            { maxTimeMS },
          )
          .toArray(),
      ]);
      return {
        pending: pending?.count ?? 0,
        parked,
        dead,
        unmatched: unmatched?.count ?? 0,
        oldestPendingAt: pending?.oldest ?? null,
      };
    },
  };
}
