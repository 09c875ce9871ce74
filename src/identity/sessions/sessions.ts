import type { ClientSession, Types } from 'mongoose';
import type { AuditActor } from '../../audit/service.ts';
import type { Actor } from '../../http/route.ts';
import { createCache } from '../../platform/cache.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import { newId, newSecret } from '../../platform/ids.ts';
import { type ClientScope, scopeOf } from '../../platform/mongo.ts';
import { type Page, toPage } from '../../platform/pagination.ts';
import type { SessionDoc, SessionEndReason, SessionFilter } from './repository.ts';
import { createRotation, type Rotated, type RotationOptions, signInAgain, tokenRecord } from './rotation.ts';
import { isSessionLive, refreshExpiryOf } from './rules.ts';
import type { IssuedTokens, RefreshClaims, TokenSubject } from './tokens.ts';

export type { IssuedTokens, RefreshCookie } from './tokens.ts';

export type Sessions = ReturnType<typeof createSessions>;

/** What signs in: which program, and from where. */
export interface Caller {
  readonly userAgent: string;
  /** As `networkOf` writes it. */
  readonly network: string;
}

export interface LiveSession extends SessionDoc {
  readonly lastUsedAt: Date;
}

/** Below the second that a disabled user may still be let in, so that the reading itself has time too. */
const stateTtlMs = 900;
const maxStates = 10_000;

/** Sign-ins, from the first token to the last: one family of refresh tokens each. */
export function createSessions(options: RotationOptions) {
  const { repository, tokens, config, clock } = options;
  const logger = options.logger.child({ part: 'sessions' });
  const states = createCache<Pick<Actor, 'role' | 'isOperator'> | null>({
    ttlMs: stateTtlMs,
    maxEntries: maxStates,
    clock,
  });
  const endings = createEndings(options, (sessionId) => states.forget(sessionId.toHexString()));

  const rotate = createRotation(options, async (scope, claims) => {
    await endings.end(scope, { type: 'system' }, { _id: claims.sessionId }, 'token-reused');
    const { userId, sessionId } = claims;
    logger.warn({ ...scope, userId, sessionId }, 'refresh token used twice: session ended');
  });

  /** Undefined for a token that is none of ours, or has expired. */
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

    /** Trades a refresh token for the next one; throws `unauthenticated`. */
    async refresh(claims: RefreshClaims | undefined, userAgent: string): Promise<Rotated> {
      if (claims === undefined) throw signInAgain();
      return rotate(claims, userAgent);
    },

    /** Whether the user has signed in from this network before. */
    hasSignedInFrom: (scope: ClientScope, userId: Types.ObjectId, network: string): Promise<boolean> =>
      repository.hasSessionFrom(scope, userId, network),

    /** The user's live sessions, the newest first. */
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

    /** Who holds this access token; throws `unauthenticated` when token, session, user or client have ended. */
    async actorOf(accessToken: string): Promise<Actor> {
      const subject = tokens.verifyAccess(accessToken);
      const sessionId = subject.sessionId.toHexString();
      const state = await states.get(sessionId, () => readActorState(options, subject));
      if (state === null) throw new AppError('unauthenticated', 'The session has ended.');
      return { ...state, userId: subject.userId, clientId: subject.clientId, sessionId };
    },
  };
}

/** Null when session, user or client have ended. */
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

/** Every way in which sessions end. This process knows at once, the others when they look again. */
function createEndings(
  { repository, audit, clock }: RotationOptions,
  forget: (sessionId: Types.ObjectId) => void,
) {
  async function endWithin(
    scope: ClientScope,
    which: SessionFilter,
    endReason: SessionEndReason,
    transaction: ClientSession,
  ): Promise<readonly Types.ObjectId[]> {
    const ended = await repository.endSessions(
      scope,
      which,
      { endedAt: clock.now(), endReason },
      transaction,
    );
    for (const sessionId of ended) forget(sessionId);
    return ended;
  }

  /** One audit event for each session that has ended by this. */
  async function end(
    scope: ClientScope,
    by: AuditActor,
    which: SessionFilter,
    reason: SessionEndReason,
  ): Promise<number> {
    const ended = await audit.audited(scope, by, async (transaction) => {
      const ids = await endWithin(scope, which, reason, transaction);
      for (const id of ids) await audit.record(scope, by, endedWrite(id, reason), transaction);
      return { result: ids, write: null };
    });
    for (const sessionId of ended) forget(sessionId);
    return ended.length;
  }

  return {
    /** The same as `end` inside the transaction of a write that says by itself that it ends sessions. */
    endWithin,
    end,

    /** Ends one session of the user; throws `not-found` when they have no such live one. */
    async endOwn(scope: ClientScope, userId: Types.ObjectId, sessionId: Types.ObjectId): Promise<void> {
      const ended = await end(scope, { type: 'user', userId }, { _id: sessionId, userId }, 'ended-by-user');
      if (ended === 0) throw notFound('session');
    },

    /** Ends the session that a refresh token belongs to; does nothing when there is none. */
    async logOut(claims: RefreshClaims | undefined): Promise<void> {
      if (claims === undefined) return;
      const { clientId, userId, sessionId } = claims;
      await end(scopeOf(clientId), { type: 'user', userId }, { _id: sessionId }, 'logout');
    },
  };
}

const endedWrite = (id: Types.ObjectId, reason: SessionEndReason) => ({
  action: 'session.ended',
  target: { type: 'session', id },
  before: { endReason: null },
  after: { endReason: reason },
});
