import type { Connection, Types } from 'mongoose';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { templateSyncModel, type TemplateSyncDoc } from './model.ts';

export type { TemplateSyncDoc } from './model.ts';

export type TemplateSyncRepository = ReturnType<typeof createTemplateSyncRepository>;

/** The sync schedule of each channel. */
export function createTemplateSyncRepository(connection: Connection) {
  const syncs = openTenantCollection(templateSyncModel, connection);

  return {
    /** Schedules a sync at this time, unless an earlier one is scheduled. */
    want: (scope: ClientScope, channelId: Types.ObjectId, at: Date): Promise<void> =>
      syncs.upsertOne(
        scope,
        { channelId },
        { $min: { nextSyncAt: at }, $setOnInsert: { _id: newId(), failures: 0 } },
      ),

    /** Schedules the first sync of a channel; keeps an existing schedule. */
    async scheduleFirst(scope: ClientScope, channelId: Types.ObjectId, at: Date): Promise<void> {
      await syncs.updateOne(
        scope,
        { channelId },
        { $setOnInsert: { _id: newId(), nextSyncAt: at, failures: 0 } },
        { upsert: true },
      );
    },

    /** Leases the channel that is due longest until `until`, across all clients. */
    leaseDueAcrossClients: (now: Date, until: Date): Promise<TemplateSyncDoc | null> =>
      syncs.acrossClients.findOneAndUpdate(
        { nextSyncAt: { $lte: now } },
        { $set: { nextSyncAt: until } },
        { sort: { nextSyncAt: 1 }, returnDocument: 'after' },
      ),

    /** Stores the result of a sync. Keeps an earlier sync that was requested meanwhile. */
    async settle(
      scope: ClientScope,
      { channelId, nextSyncAt }: Pick<TemplateSyncDoc, 'channelId' | 'nextSyncAt'>,
      result: Pick<TemplateSyncDoc, 'nextSyncAt' | 'lastSyncedAt' | 'failures' | 'problem'>,
    ): Promise<void> {
      const { nextSyncAt: next, problem, ...plain } = result;
      const outcome = problem === undefined ? ({ $unset: { problem: '' } } as const) : {};
      const set = { ...plain, ...(problem === undefined ? {} : { problem }) };
      const { matchedCount } = await syncs.updateOne(
        scope,
        { channelId, nextSyncAt },
        { $set: { ...set, nextSyncAt: next }, ...outcome },
      );
      if (matchedCount === 0) await syncs.updateOne(scope, { channelId }, { $set: set, ...outcome });
    },

    /** Removes the schedule of a deleted channel. */
    async remove(scope: ClientScope, channelId: Types.ObjectId): Promise<void> {
      await syncs.deleteOne(scope, { channelId });
    },
  };
}
