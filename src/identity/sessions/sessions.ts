import type { ClientSession, Types } from 'mongoose';
import type { AuditActor } from '../../audit/service.ts';
import type { Actor } from '../../http/route.ts';
import { createCache } from '../../platform/cache.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import { newId, newSecret } from '../../platform/ids.ts';
import { type ClientScope, scopeOf } from '../../platform/mongo.ts';
import { type Page, toPage } from '../../platform/pagination.ts';
import type { EndedSession, SessionDoc, SessionEndReason, SessionFilter } from './repository.ts';
import { createRotation, type Rotated, type RotationOptions, signInAgain, tokenRecord } from './rotation.ts';
import { isSessionLive, refreshExpiryOf } from './rules.ts';
import type { IssuedTokens, RefreshClaims, TokenSubject } from './tokens.ts';

export type { IssuedTokens, RefreshCookie } from './tokens.ts';

export type Sessions = ReturnType<typeof createSessions>;

/** The program and network that a request comes from. */
export interface Caller {
  readonly userAgent: string;
  /** As `networkOf` writes it. */
  readonly network: string;
}

export interface LiveSession extends SessionDoc {
  readonly lastUsedAt: Date;
}

/** A disabled user loses access within a second: this leaves 100 ms for the query. */
const stateTtlMs = 900;
const maxStates = 10_000;

/** Sessions; each is one family of refresh tokens. */
export function createSessions(options: RotationOptions) {
  const { repository, tokens, config, clock } = options;
  const logger = options.logger.child({ part: 'sessions' });
  const states = createCache<Pick<Actor, 'role' | 'isOperator'> | null>({
    ttlMs: stateTtlMs,
    maxEntries: maxStates,
    clock,
  });
  const endings = createEndings(options, (subject) => states.forget(stateKeyOf(subject)));

  const rotate = createRotation(options, async (scope, claims) => {
    await endings.end(scope, { type: 'system' }, { _id: claims.sessionId }, 'token-reused');
    const { userId, sessionId } = claims;
    logger.warn(
      { ...scope, userId, sessionId },
      'ended the session because its refresh token was used twice',
    );
  });

  /** Undefined for a foreign or expired token. */
  const claimsOf = (refreshToken: string | undefined): RefreshClaims | undefined =>
    refreshToken === undefined ? undefined : tokens.readRefresh(refreshToken);

  return {
    ...endings,
    claimsOf,

    async start(
      scope: ClientScope,
      userId: Types.ObjectId,
      { userAgent, network }: Caller,
      transaction?: ClientSession,
    ): Promise<IssuedTokens> {
      const issuedAt = clock.now();
      const sessionExpiresAt = new Date(issuedAt.getTime() + config.sessionMaxAgeMs);
      const claims = { userId, clientId: scope.clientId, sessionId: newId(), tokenId: newSecret() };
      const times = {
        issuedAt,
        expiresAt: refreshExpiryOf(issuedAt, config.refreshTokenTtlMs, sessionExpiresAt),
      };
      const session = { userId, userAgent, network, createdAt: issuedAt, expiresAt: sessionExpiresAt };
      await repository.insertSession(scope, { _id: claims.sessionId, ...session }, transaction);
      await repository.insertToken(scope, tokenRecord(claims, null, times), transaction);
      return tokens.issue(claims, times);
    },

    /** Exchanges a refresh token for the next one; throws `unauthenticated`. */
    async refresh(claims: RefreshClaims | undefined, userAgent: string): Promise<Rotated> {
      if (claims === undefined) throw signInAgain();
      return rotate(claims, userAgent);
    },

    /** Whether the user has signed in from this network before. */
    hasSignedInFrom: (scope: ClientScope, userId: Types.ObjectId, network: string): Promise<boolean> =>
      repository.hasSessionFrom(scope, userId, network),

    /** The user's live sessions, newest first. */
    async list(
      scope: ClientScope,
      userId: Types.ObjectId,
      { limit, after }: { limit: number; after: Types.ObjectId | null },
    ): Promise<Page<LiveSession>> {
      const found = await repository.listLive(scope, userId, { limit, after, now: clock.now() });
      const page = toPage(found, limit, ({ createdAt, _id }) => ({ key: createdAt, id: _id }));
      const ids = page.items.map(({ _id }) => _id);
      const lastUses = await repository.lastUseOf(scope, ids);
      const items = page.items.map((session) => ({
        ...session,
        lastUsedAt: lastUses.get(session._id.toHexString()) ?? session.createdAt,
      }));
      return { ...page, items };
    },

    /**
     * The holder of an access token; throws `unauthenticated` if the token is not valid, the session has ended, or the
     * user or client is not active.
     */
    async actorOf(accessToken: string): Promise<Actor> {
      const subject = tokens.verifyAccess(accessToken);
      const state = await states.get(stateKeyOf(subject), () => readActorState(options, subject));
      if (state === null) throw new AppError('unauthenticated', 'The session has ended.');
      const { userId, clientId, sessionId, expiresAt: accessEndsAt } = subject;
      return { ...state, userId, clientId, sessionId: sessionId.toHexString(), accessEndsAt };
    },
  };
}

/** The whole subject: what was read for one holder of a session must never answer for another. */
const stateKeyOf = ({ clientId, userId, sessionId }: TokenSubject): string =>
  [clientId, userId, sessionId].map((id) => id.toHexString()).join(':');

/** Null if the session has ended, or the user or client is not active. */
async function readActorState(
  { repository, users, clients, clock }: RotationOptions,
  { userId, clientId, sessionId }: TokenSubject,
): Promise<Pick<Actor, 'role' | 'isOperator'> | null> {
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

/** Ends sessions. This process refuses their tokens at once, the others when their cache expires. */
function createEndings(
  { repository, audit, clock }: RotationOptions,
  forget: (subject: TokenSubject) => void,
) {
  const forgetAll = ({ clientId }: ClientScope, ended: readonly EndedSession[]): void => {
    for (const { _id: sessionId, userId } of ended) forget({ clientId, userId, sessionId });
  };

  async function endWithin(
    scope: ClientScope,
    which: SessionFilter,
    endReason: SessionEndReason,
    transaction: ClientSession,
  ): Promise<readonly EndedSession[]> {
    const ended = await repository.endSessions(
      scope,
      which,
      { endedAt: clock.now(), endReason },
      transaction,
    );
    forgetAll(scope, ended);
    return ended;
  }

  /** Writes one audit event for each session that it ends; returns their number. */
  async function end(
    scope: ClientScope,
    by: AuditActor,
    which: SessionFilter,
    reason: SessionEndReason,
  ): Promise<number> {
    const ended = await audit.audited(scope, by, async (transaction) => {
      const sessions = await endWithin(scope, which, reason, transaction);
      for (const { _id } of sessions) await audit.record(scope, by, endedWrite(_id, reason), transaction);
      return { result: sessions, write: null };
    });
    forgetAll(scope, ended);
    return ended.length;
  }

  return {
    /** Like `end`, inside a transaction whose own audit event covers the end of the sessions. */
    endWithin,
    end,

    /** Ends a live session of the user; throws `not-found`. */
    async endOwn(scope: ClientScope, userId: Types.ObjectId, sessionId: Types.ObjectId): Promise<void> {
      const ended = await end(scope, { type: 'user', userId }, { _id: sessionId, userId }, 'ended-by-user');
      if (ended === 0) throw notFound('session');
    },

    /** Ends the session of a refresh token, if there is one. */
    async logOut(claims: RefreshClaims | undefined): Promise<void> {
      if (claims === undefined) return;
      const { clientId, userId, sessionId } = claims;
      await end(scopeOf(clientId), { type: 'user', userId }, { _id: sessionId, userId }, 'logout');
    },
  };
}

const endedWrite = (id: Types.ObjectId, reason: SessionEndReason) => ({
  action: 'session.ended',
  target: { type: 'session', id },
  before: { endReason: null },
  after: { endReason: reason },
});
