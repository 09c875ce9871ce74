import type { ClientSession, Types } from 'mongoose';
import type { Actor } from '../http/route.ts';
import { createCache } from '../platform/cache.ts';
import { AppError } from '../platform/errors.ts';
import { newId, newSecret } from '../platform/ids.ts';
import { type ClientScope, scopeOf } from '../platform/mongo.ts';
import { createRotation, type Rotated, type RotationOptions, signInAgain, tokenRecord } from './rotation.ts';
import { isSessionLive, refreshExpiryOf } from './rules.ts';
import type { IssuedTokens, TokenSubject } from './tokens.ts';

export type { IssuedTokens, RefreshCookie } from './tokens.ts';

export type SessionService = ReturnType<typeof createSessionService>;

/** Below the second that a disabled user may still be let in, so that the reading itself has time too. */
const stateTtlMs = 900;
const maximumStates = 10_000;

/** Sign-ins, from the first token to the last: one family of refresh tokens each. */
export function createSessionService(options: RotationOptions) {
  const { repository, users, clients, tokens, config, clock } = options;
  const states = createCache<Pick<Actor, 'role' | 'isOperator'> | null>({
    ttlMs: stateTtlMs,
    maxEntries: maximumStates,
    clock,
  });
  const forget = (sessionId: Types.ObjectId): void => states.forget(sessionId.toHexString());
  const rotate = createRotation({ ...options, logger: options.logger.child({ part: 'sessions' }) }, forget);

  async function readState({ userId, clientId, sessionId }: TokenSubject) {
    const scope = scopeOf(clientId);
    const [session, user, client] = await Promise.all([
      repository.findSession(scope, sessionId),
      users.findById(scope, userId),
      clients.find(scope),
    ]);
    const isLive = isSessionLive(session, clock.now()) && session?.userId.equals(userId) === true;
    if (!isLive || user?.status !== 'active' || client?.isActive !== true) return null;
    return { role: user.role, isOperator: user.isOperator };
  }

  return {
    async start(
      scope: ClientScope,
      userId: Types.ObjectId,
      userAgent: string,
      transaction?: ClientSession,
    ): Promise<IssuedTokens> {
      const issuedAt = clock.now();
      const sessionExpiresAt = new Date(issuedAt.getTime() + config.sessionMaxAgeMs);
      const claims = { userId, clientId: scope.clientId, sessionId: newId(), tokenId: newSecret() };
      const times = {
        issuedAt,
        expiresAt: refreshExpiryOf(issuedAt, config.refreshTokenTtlMs, sessionExpiresAt),
      };
      await repository.insertSession(
        scope,
        { _id: claims.sessionId, userId, userAgent, createdAt: issuedAt, expiresAt: sessionExpiresAt },
        transaction,
      );
      await repository.insertToken(scope, tokenRecord(claims, null, times), transaction);
      return tokens.issue(claims, times);
    },

    /** Trades a refresh token for the next one; throws `unauthenticated`. */
    async refresh(refreshToken: string | undefined, userAgent: string): Promise<Rotated> {
      const claims = refreshToken === undefined ? undefined : tokens.readRefresh(refreshToken);
      if (claims === undefined) throw signInAgain();
      return rotate(claims, userAgent);
    },

    /** Ends the session of a refresh token; does nothing when there is none. */
    async end(refreshToken: string | undefined): Promise<void> {
      const claims = refreshToken === undefined ? undefined : tokens.readRefresh(refreshToken);
      if (claims === undefined) return;
      await repository.endSession(scopeOf(claims.clientId), claims.sessionId, clock.now(), 'logout');
      forget(claims.sessionId);
    },

    /** Who holds this access token; throws `unauthenticated` when token, session, user or client have ended. */
    async actorOf(accessToken: string): Promise<Actor> {
      const subject = tokens.verifyAccess(accessToken);
      const sessionId = subject.sessionId.toHexString();
      const state = await states.get(sessionId, () => readState(subject));
      if (state === null) throw new AppError('unauthenticated', 'The session has ended.');
      return { ...state, userId: subject.userId, clientId: subject.clientId, sessionId };
    },
  };
}
