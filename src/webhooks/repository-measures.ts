import type { Connection } from 'mongoose';
import { openPlatformCollection } from '../platform/platform-collection.ts';
import { webhookEventModel } from './model.ts';

export interface IntakeMeasure {
  /** Not leased yet, or being processed for the first time. */
  readonly pending: number;
  readonly parked: number;
  readonly dead: number;
  /** Dead letters that are deleted before the given time. */
  readonly expiring: number;
  /** Parked events that match no channel or message. */
  readonly unmatched: number;
  /** Sources whose events have been due since before `lateBefore`. */
  readonly lateSources: number;
  /** When the oldest pending event arrived; null if there is none. */
  readonly oldestPendingAt: Date | null;
}

interface MeasureBounds {
  /** Late enough to include leased events. */
  readonly dueBefore: Date;
  readonly expiringBefore: Date;
  /** An event that was due before this time is late. */
  readonly lateBefore: Date;
  /** Each count stops here. */
  readonly limit: number;
}

const maxTimeMS = 5_000;

/** An event that is redriven begins to wait again. */
const waitsSince = { $ifNull: ['$redrivenAt', '$receivedAt'] };

/** Counts of the intake for the metrics; each stops at a limit. */
export function createWebhookMeasures(connection: Connection) {
  const events = openPlatformCollection(webhookEventModel, connection);
  return {
    async measureIntake(bounds: MeasureBounds): Promise<IntakeMeasure> {
      const { dueBefore, expiringBefore, lateBefore, limit } = bounds;
      const [[pending], [late], parked, dead, expiring, [unmatched]] = await Promise.all([
        events
          .aggregate<{ count: number; oldest: Date }>(
            [
              { $match: { nextAttemptAt: { $lte: dueBefore } } },
              { $sort: { nextAttemptAt: 1 } },
              { $limit: limit },
              { $match: { status: 'pending' } },
              { $group: { _id: null, count: { $sum: 1 }, oldest: { $min: waitsSince } } },
            ],
            { maxTimeMS },
          )
          .toArray(),
        events
          .aggregate<{ sources: number }>(
            [
              { $match: { nextAttemptAt: { $lte: lateBefore } } },
              { $sort: { nextAttemptAt: 1 } },
              { $limit: limit },
              { $group: { _id: '$source' } },
              { $count: 'sources' },
            ],
            { maxTimeMS },
          )
          .toArray(),
        events.countDocuments({ status: 'parked' }, { limit, maxTimeMS }),
        events.countDocuments({ status: 'dead' }, { limit, maxTimeMS }),
        events.countDocuments({ expiresAt: { $lte: expiringBefore } }, { limit, maxTimeMS }),
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
        expiring,
        unmatched: unmatched?.count ?? 0,
        lateSources: late?.sources ?? 0,
        oldestPendingAt: pending?.oldest ?? null,
      };
    },
  };
}
