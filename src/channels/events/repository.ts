import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { afterCursor, sortBy, type Cursor } from '../../platform/pagination.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { channelEventModel, type ChannelEventDoc } from './model.ts';

export type { ChannelEventDoc } from './model.ts';

export interface NoticeQuery {
  /** Only events reported since then, or with effect since then. */
  readonly since: Date;
  readonly perChannel: number;
}

export type ChannelEventRepository = ReturnType<typeof createChannelEventRepository>;

const maxTimeMS = 5_000;

export function createChannelEventRepository(connection: Connection) {
  const events = openTenantCollection(channelEventModel, connection);
  const newestFirst = sortBy('at', 'descending');

  return {
    /** Throws the duplicate key error if one of the events is stored already. */
    insertMany: (
      scope: ClientScope,
      added: readonly ChannelEventDoc[],
      session: ClientSession,
    ): Promise<void> => events.insertMany(scope, added, { session }),

    /** Those of the keys that are stored. */
    async keysAmong(
      scope: ClientScope,
      channelId: Types.ObjectId,
      keys: readonly string[],
    ): Promise<ReadonlySet<string>> {
      const filter = { channelId, key: { $in: [...keys] } };
      const found = await events.find(scope, filter, { projection: { _id: 0, key: 1 } });
      return new Set(found.map(({ key }) => key));
    },

    /** Deletes the events of a channel beyond the newest `max`. */
    async trim(scope: ClientScope, channelId: Types.ObjectId, max: number): Promise<void> {
      const [oldestKept] = await events.find<Pick<ChannelEventDoc, '_id' | 'at'>>(
        scope,
        { channelId },
        { sort: newestFirst, skip: max - 1, limit: 1, projection: { at: 1 } },
      );
      if (oldestKept === undefined) return;
      const { at: key, _id: id } = oldestKept;
      await events.deleteMany(scope, { channelId, ...before({ key, id }) });
    },

    /** Newest first. */
    list: (
      scope: ClientScope,
      channelId: Types.ObjectId,
      { limit, after }: { limit: number; after: Cursor<Date> | null },
    ): Promise<ChannelEventDoc[]> =>
      events.find(
        scope,
        { channelId, ...(after === null ? {} : before(after)) },
        { sort: newestFirst, limit },
      ),

    /** The newest important events of each channel; newest first within a channel. */
    async listNotices(
      scope: ClientScope,
      channelIds: readonly Types.ObjectId[],
      { since, perChannel }: NoticeQuery,
    ): Promise<ChannelEventDoc[]> {
      const found = await events.aggregate<{ events: ChannelEventDoc[] }>(
        scope,
        {
          channelId: { $in: [...channelIds] },
          severity: { $in: ['warning', 'critical'] },
          $or: [{ at: { $gte: since } }, { effectiveAt: { $gte: since } }],
        },
        [
          {
            $group: {
              _id: '$channelId',
              events: { $topN: { n: perChannel, sortBy: newestFirst, output: '$$ROOT' } },
            },
          },
        ],
        { maxTimeMS },
      );
      return found.flatMap((group) => group.events);
    },
  };
}

const before = (cursor: Cursor<Date>): ScopedFilter<ChannelEventDoc> =>
  afterCursor('at', 'descending', cursor);
