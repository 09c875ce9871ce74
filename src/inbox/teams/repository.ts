import type { ClientSession, Connection, Types } from 'mongoose';
import { readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { teamModel, type TeamDoc } from './model.ts';

export type { TeamDoc } from './model.ts';

export type TeamRepository = ReturnType<typeof createTeamRepository>;

export function createTeamRepository(connection: Connection) {
  const teams = openTenantCollection(teamModel, connection);
  return {
    findById: (scope: ClientScope, _id: Types.ObjectId, session?: ClientSession): Promise<TeamDoc | null> =>
      teams.findOne(scope, { _id }, { session }),

    /** Those of these ids that exist. */
    async findExisting(scope: ClientScope, ids: readonly Types.ObjectId[]): Promise<Types.ObjectId[]> {
      if (ids.length === 0) return [];
      const found = await teams.find(scope, { _id: { $in: [...ids] } }, { projection: { _id: 1 } });
      return found.map(({ _id }) => _id);
    },

    findByNameKey: (scope: ClientScope, nameKey: string): Promise<TeamDoc | null> =>
      teams.findOne(scope, { nameKey }),

    /** The users of the team, also disabled ones; null if there is no such team. */
    async membersOf(
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<readonly Types.ObjectId[] | null> {
      const options = { projection: { userIds: 1 }, session } as const;
      return (await teams.findOne<Pick<TeamDoc, 'userIds'>>(scope, { _id }, options))?.userIds ?? null;
    },

    list: (scope: ClientScope, order: ListOrder<TeamDoc>, limit: number): Promise<TeamDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        teams.find(scope, range as ScopedFilter<TeamDoc>, { sort: order.sort, limit: atMost }),
      ),

    /** Throws the duplicate key error if the name is taken. */
    insert: (scope: ClientScope, fresh: TeamDoc, session: ClientSession): Promise<void> =>
      teams.insertOne(scope, fresh, { session }),

    /** As `insert`; false if the team has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: TeamDoc,
      next: TeamDoc,
      session: ClientSession,
    ): Promise<boolean> => teams.replaceVersioned(scope, current, next, session),

    remove: (scope: ClientScope, { _id, version }: TeamDoc, session: ClientSession): Promise<boolean> =>
      teams.deleteOne(scope, { _id, version }, { session }),

    /** Writes to the team, so that the transaction conflicts with its deletion; false if there is no such team. */
    async hold(scope: ClientScope, _id: Types.ObjectId, session: ClientSession): Promise<boolean> {
      const { matchedCount } = await teams.updateOne(scope, { _id }, { $inc: { holds: 1 } }, { session });
      return matchedCount === 1;
    },
  };
}
