import type { Connection } from 'mongoose';
import { openTenantCollection } from '../platform/tenant-collection.ts';
import { timerModel } from './model.ts';

const maxTimeMS = 5_000;

/** Queries of the timers for the metrics. */
export function createTimerMeasures(connection: Connection) {
  const timers = openTenantCollection(timerModel, connection);
  return {
    /** When the timer that waits longest became due; null if none is due. */
    async findOldestDueAcrossClients(now: Date): Promise<Date | null> {
      const [oldest] = await timers.acrossClients.find<{ attemptAt: Date }>(
        { attemptAt: { $lte: now } },
        { sort: { attemptAt: 1 }, limit: 1, projection: { attemptAt: 1 }, maxTimeMS },
      );
      return oldest?.attemptAt ?? null;
    },

    countFailedAcrossClients: (limit: number): Promise<number> =>
      timers.acrossClients.count({ failedAt: { $exists: true } }, { limit, maxTimeMS }),
  };
}
