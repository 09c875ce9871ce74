import mongoose, { type ClientSession, type Connection, type Model, type Types } from 'mongoose';
import { type ClientScope, isDuplicateKey } from '../../platform/mongo.ts';
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

type Unscoped<T> = Omit<T, 'clientId'>;

export function createSessionRepository(connection: Connection) {
  const sessions = sessionModel(connection);
  const tokens = refreshTokenModel(connection);
  return {
    ...createTokenQueries(tokens),

    async insertSession(scope: ClientScope, session: Unscoped<SessionDoc>, transaction?: ClientSession) {
      await sessions.create([{ ...session, ...scope }], optionsOf(transaction));
    },

    findSession: (scope: ClientScope, _id: Types.ObjectId): Promise<SessionDoc | null> =>
      sessions
        .findOne({ _id, ...scope })
        .lean<SessionDoc>()
        .exec(),

    /** The newest first, without those that have ended; answers one more than `limit` when there are more. */
    listLive: (
      scope: ClientScope,
      userId: Types.ObjectId,
      { limit, after, now }: { limit: number; after: Types.ObjectId | null; now: Date },
    ): Promise<SessionDoc[]> =>
      sessions
        .find({
          userId,
          endedAt: null,
          expiresAt: mongoose.trusted({ $gt: now }),
          ...(after === null ? {} : { _id: mongoose.trusted({ $lt: after }) }),
          ...scope,
        })
        .sort({ _id: -1 })
        .limit(limit + 1)
        .lean<SessionDoc[]>()
        .exec(),

    /** Whether the user has a session that began in this network, ended or not. */
    async hasSessionFrom(scope: ClientScope, userId: Types.ObjectId, network: string): Promise<boolean> {
      return (await sessions.exists({ userId, network, ...scope })) !== null;
    },

    /** Ends the live sessions that the filter names, and their tokens; answers which they were. */
    async endSessions(
      scope: ClientScope,
      which: SessionFilter,
      { endedAt, endReason }: { endedAt: Date; endReason: SessionEndReason },
      transaction: ClientSession,
    ): Promise<readonly Types.ObjectId[]> {
      const { except, ...filter } = which;
      const live = await sessions
        .find({
          ...filter,
          ...(except === undefined ? {} : { _id: mongoose.trusted({ $ne: except }) }),
          endedAt: null,
          ...scope,
        })
        .select({ _id: 1 })
        .session(transaction)
        .lean<Pick<SessionDoc, '_id'>[]>()
        .exec();
      const ids = live.map(({ _id }) => _id);
      if (ids.length === 0) return ids;
      const among = mongoose.trusted({ $in: ids });
      const options = { session: transaction };
      await sessions.updateMany({ _id: among, ...scope }, { $set: { endedAt, endReason } }, options);
      await tokens.updateMany(
        { familyId: among, revoked: false, ...scope },
        { $set: { revoked: true } },
        options,
      );
      return ids;
    },
  };
}

const createTokenQueries = (tokens: Model<RefreshTokenDoc>) => ({
  /** When the newest token of each session was made, by the session's id. */
  async lastUseOf(scope: ClientScope, sessionIds: readonly Types.ObjectId[]): Promise<Map<string, Date>> {
    const groups = await tokens.aggregate<{ _id: Types.ObjectId; at: Date }>([
      { $match: { familyId: { $in: sessionIds }, ...scope } },
      { $group: { _id: '$familyId', at: { $max: '$createdAt' } } },
    ]);
    return new Map(groups.map(({ _id, at }) => [_id.toHexString(), at]));
  },

  async insertToken(scope: ClientScope, token: Unscoped<RefreshTokenDoc>, transaction?: ClientSession) {
    await tokens.create([{ ...token, ...scope }], optionsOf(transaction));
  },

  /** For a token whose hash follows from its parent's: whoever comes second finds it made. */
  async insertTokenIfAbsent(scope: ClientScope, token: Unscoped<RefreshTokenDoc>): Promise<void> {
    try {
      await tokens.create([{ ...token, ...scope }]);
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  },

  findToken: (scope: ClientScope, tokenHash: string): Promise<RefreshTokenDoc | null> =>
    tokens
      .findOne({ tokenHash, ...scope })
      .lean<RefreshTokenDoc>()
      .exec(),

  /** The one compare-and-set of a rotation: of all who try at once, exactly one gets true. */
  async useToken(scope: ClientScope, _id: Types.ObjectId, usedAt: Date, usedBy: string): Promise<boolean> {
    const used = await tokens.updateOne(
      { _id, usedAt: null, revoked: false, ...scope },
      { $set: { usedAt, usedBy } },
    );
    return used.modifiedCount === 1;
  },
});

const optionsOf = (session: ClientSession | undefined) => (session === undefined ? {} : { session });
