import mongoose, { type Connection, type Types } from 'mongoose';
import { newId } from '../../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { templateSyncModel, type TemplateSyncDoc } from './model.ts';

export type { TemplateSyncDoc } from './model.ts';

export type TemplateSyncRepository = ReturnType<typeof createTemplateSyncRepository>;

/** When the templates of each channel are read from the provider again. */
export function createTemplateSyncRepository(connection: Connection) {
  const syncs = templateSyncModel(connection);

  return {
    /** Has a channel's templates read at this time, or earlier if that was wanted already. */
    async want(scope: ClientScope, channelId: Types.ObjectId, at: Date): Promise<void> {
      const upsert = () =>
        syncs.updateOne(
          { channelId, ...scope },
          { $min: { nextSyncAt: at }, $setOnInsert: { _id: newId(), failures: 0 } },
          { upsert: true },
        );
      // Of two who come first at once, the unique index refuses one, which then finds the other's document.
      await upsert().catch((error: unknown) => {
        if (isDuplicateKey(error)) return upsert();
        throw error;
      });
    },

    /** Gives a channel its first time; one that has a time keeps it. */
    async enlist(scope: ClientScope, channelId: Types.ObjectId, at: Date): Promise<void> {
      await syncs.updateOne(
        { channelId, ...scope },
        { $setOnInsert: { _id: newId(), nextSyncAt: at, failures: 0 } },
        { upsert: true },
      );
    },

    /** Across all tenants: the channel that is due longest, taken by this worker until `until`. */
    leaseDueAcrossClients: (now: Date, until: Date): Promise<TemplateSyncDoc | null> =>
      syncs
        .findOneAndUpdate(
          { nextSyncAt: mongoose.trusted({ $lte: now }) },
          { $set: { nextSyncAt: until } },
          { sort: { nextSyncAt: 1 }, returnDocument: 'after' },
        )
        .lean<TemplateSyncDoc>()
        .exec(),

    /** Writes down what came of a sync. Who wanted another one meanwhile keeps the earlier time. */
    async settle(
      scope: ClientScope,
      { channelId, nextSyncAt }: Pick<TemplateSyncDoc, 'channelId' | 'nextSyncAt'>,
      result: Pick<TemplateSyncDoc, 'nextSyncAt' | 'lastSyncedAt' | 'failures' | 'problem'>,
    ): Promise<void> {
      const { nextSyncAt: next, problem, ...plain } = result;
      const outcome = problem === undefined ? { $unset: { problem: '' } } : {};
      const set = { ...plain, ...(problem === undefined ? {} : { problem }) };
      const { matchedCount } = await syncs.updateOne(
        { channelId, nextSyncAt, ...scope },
        { $set: { ...set, nextSyncAt: next }, ...outcome },
      );
      if (matchedCount === 0) await syncs.updateOne({ channelId, ...scope }, { $set: set, ...outcome });
    },

    /** Forgets a channel that is no more. */
    async remove(scope: ClientScope, channelId: Types.ObjectId): Promise<void> {
      await syncs.deleteOne({ channelId, ...scope });
    },
  };
}
