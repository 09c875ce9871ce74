import type { Connection, Types } from 'mongoose';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { templateSyncModel, type TemplateSyncDoc } from './model.ts';

export type { TemplateSyncDoc } from './model.ts';

export type TemplateSyncRepository = ReturnType<typeof createTemplateSyncRepository>;

/** When the templates of each channel are read from the provider again. */
export function createTemplateSyncRepository(connection: Connection) {
  const syncs = openTenantCollection(templateSyncModel, connection);

  return {
    /** Has a channel's templates read at this time, or earlier if that was wanted already. */
    want: (scope: ClientScope, channelId: Types.ObjectId, at: Date): Promise<void> =>
      syncs.upsertOne(
        scope,
        { channelId },
        { $min: { nextSyncAt: at }, $setOnInsert: { _id: newId(), failures: 0 } },
      ),

    /** Gives a channel its first time; one that has a time keeps it. */
    async enlist(scope: ClientScope, channelId: Types.ObjectId, at: Date): Promise<void> {
      await syncs.updateOne(
        scope,
        { channelId },
        { $setOnInsert: { _id: newId(), nextSyncAt: at, failures: 0 } },
        { upsert: true },
      );
    },

    /** Across all tenants: the channel that is due longest, taken by this worker until `until`. */
    leaseDueAcrossClients: (now: Date, until: Date): Promise<TemplateSyncDoc | null> =>
      syncs.acrossClients.findOneAndUpdate(
        { nextSyncAt: { $lte: now } },
        { $set: { nextSyncAt: until } },
        { sort: { nextSyncAt: 1 }, returnDocument: 'after' },
      ),

    /** Writes down what came of a sync. Who wanted another one meanwhile keeps the earlier time. */
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

    /** Forgets a channel that is no more. */
    async remove(scope: ClientScope, channelId: Types.ObjectId): Promise<void> {
      await syncs.deleteOne(scope, { channelId });
    },
  };
}
