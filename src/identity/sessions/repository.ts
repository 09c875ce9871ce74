import { type ClientSession, type Connection, Types } from 'mongoose';
import { type ClientScope, isDuplicateKey } from '../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import type { Unscoped } from '../../platform/tenant-queries.ts';
import {
  type RefreshTokenDoc,
  refreshTokenModel,
  type SessionDoc,
  type SessionEndReason,
  sessionModel,
} from './model.ts';

export type { RefreshTokenDoc, SessionDoc, SessionEndReason } from './model.ts';

export type SessionRepository = ReturnType<typeof createSessionRepository>;

/** One session, those of one user, or (empty) those of the whole client. */
export interface SessionFilter {
  readonly _id?: Types.ObjectId;
  readonly userId?: Types.ObjectId;
  readonly except?: Types.ObjectId;
}

export type EndedSession = Pick<SessionDoc, '_id' | 'userId'>;

export function createSessionRepository(connection: Connection) {
  const sessions = openTenantCollection(sessionModel, connection);
  const tokens = openTenantCollection(refreshTokenModel, connection);
  return {
    ...createTokenQueries(tokens),

    async insertSession(scope: ClientScope, session: Unscoped<SessionDoc>, transaction?: ClientSession) {
      await sessions.insertOne(scope, session, { session: transaction });
    },

    findSession: (scope: ClientScope, _id: Types.ObjectId): Promise<SessionDoc | null> =>
      sessions.findOne(scope, { _id }),

    /** Those of the sessions that have not ended. Streams of all clients are checked together. */
    findLiveAcrossClients: (
      ids: readonly string[],
      now: Date,
    ): Promise<Pick<SessionDoc, '_id' | 'clientId' | 'userId'>[]> =>
      sessions.acrossClients.find(
        { _id: { $in: ids.map((id) => new Types.ObjectId(id)) }, endedAt: null, expiresAt: { $gt: now } },
        { projection: { clientId: 1, userId: 1 } },
      ),

    /** Those that ended since then, among all clients, at most `limit`. */
    findEndedAcrossClients: (since: Date, limit: number): Promise<Pick<SessionDoc, '_id'>[]> =>
      sessions.acrossClients.find({ endedAt: { $gte: since } }, { projection: { _id: 1 }, limit }),

    /** Live sessions, newest first; returns up to `limit` + 1, so that the caller knows whether more exist. */
    listLive: (
      scope: ClientScope,
      userId: Types.ObjectId,
      { limit, after, now }: { limit: number; after: Types.ObjectId | null; now: Date },
    ): Promise<SessionDoc[]> =>
      sessions.find(
        scope,
        {
          userId,
          endedAt: null,
          expiresAt: { $gt: now },
          ...(after === null ? {} : { _id: { $lt: after } }),
        },
        { sort: { _id: -1 }, limit: limit + 1 },
      ),

    /** Whether the user has a session from this network, ended or not. */
    async hasSessionFrom(scope: ClientScope, userId: Types.ObjectId, network: string): Promise<boolean> {
      return (await sessions.findOne(scope, { userId, network }, { projection: { _id: 1 } })) !== null;
    },

    /** Ends the live sessions that match, and their tokens; returns whose sessions these were. */
    async endSessions(
      scope: ClientScope,
      which: SessionFilter,
      { endedAt, endReason }: { endedAt: Date; endReason: SessionEndReason },
      transaction: ClientSession,
    ): Promise<readonly EndedSession[]> {
      const { except, ...filter } = which;
      const live = await sessions.find<EndedSession>(
        scope,
        { ...filter, ...(except === undefined ? {} : { _id: { $ne: except } }), endedAt: null },
        { projection: { _id: 1, userId: 1 }, session: transaction },
      );
      if (live.length === 0) return live;
      const ids = live.map(({ _id }) => _id);
      const among = { $in: ids };
      const options = { session: transaction };
      await sessions.updateMany(scope, { _id: among }, { $set: { endedAt, endReason } }, options);
      await tokens.updateMany(
        scope,
        { familyId: among, revoked: false },
        { $set: { revoked: true } },
        options,
      );
      return live;
    },
  };
}

const createTokenQueries = (tokens: TenantCollection<RefreshTokenDoc>) => ({
  /** When the newest token of each session was issued, by session id. */
  async lastUseOf(scope: ClientScope, sessionIds: readonly Types.ObjectId[]): Promise<Map<string, Date>> {
    const groups = await tokens.aggregate<{ _id: Types.ObjectId; at: Date }>(
      scope,
      { familyId: { $in: sessionIds } },
      [{ $group: { _id: '$familyId', at: { $max: '$createdAt' } } }],
    );
    return new Map(groups.map(({ _id, at }) => [_id.toHexString(), at]));
  },

  async insertToken(scope: ClientScope, token: Unscoped<RefreshTokenDoc>, transaction?: ClientSession) {
    await tokens.insertOne(scope, token, { session: transaction });
  },

  /** For a token derived from its parent: a concurrent request may have inserted it. */
  async insertTokenIfAbsent(scope: ClientScope, token: Unscoped<RefreshTokenDoc>): Promise<void> {
    try {
      await tokens.insertOne(scope, token);
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  },

  findToken: (scope: ClientScope, tokenHash: string): Promise<RefreshTokenDoc | null> =>
    tokens.findOne(scope, { tokenHash }),

  /** The compare-and-set of a rotation: true for exactly one of several concurrent requests. */
  async useToken(scope: ClientScope, _id: Types.ObjectId, usedAt: Date, usedBy: string): Promise<boolean> {
    const used = await tokens.updateOne(
      scope,
      { _id, usedAt: null, revoked: false },
      { $set: { usedAt, usedBy } },
    );
    return used.modifiedCount === 1;
  },
});
