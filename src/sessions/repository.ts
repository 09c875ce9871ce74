import type { ClientSession, Connection, Types } from 'mongoose';
import { type ClientScope, isDuplicateKey } from '../platform/mongo.ts';
import {
  type RefreshTokenDoc,
  refreshTokenModel,
  type SessionDoc,
  type SessionEndReason,
  sessionModel,
} from './model.ts';

export type { RefreshTokenDoc, SessionDoc, SessionEndReason } from './model.ts';

export type SessionRepository = ReturnType<typeof createSessionRepository>;

type Unscoped<T> = Omit<T, 'clientId'>;

export function createSessionRepository(connection: Connection) {
  const sessions = sessionModel(connection);
  const tokens = refreshTokenModel(connection);
  return {
    async insertSession(scope: ClientScope, session: Unscoped<SessionDoc>, transaction?: ClientSession) {
      await sessions.create([{ ...session, ...scope }], optionsOf(transaction));
    },

    findSession: (scope: ClientScope, _id: Types.ObjectId): Promise<SessionDoc | null> =>
      sessions
        .findOne({ _id, ...scope })
        .lean<SessionDoc>()
        .exec(),

    /** Ends a session and its tokens; false when it had ended before. */
    async endSession(scope: ClientScope, _id: Types.ObjectId, endedAt: Date, endReason: SessionEndReason) {
      const ended = await sessions.updateOne(
        { _id, endedAt: null, ...scope },
        { $set: { endedAt, endReason } },
      );
      await tokens.updateMany({ familyId: _id, revoked: false, ...scope }, { $set: { revoked: true } });
      return ended.modifiedCount === 1;
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
  };
}

const optionsOf = (session: ClientSession | undefined) => (session === undefined ? {} : { session });
