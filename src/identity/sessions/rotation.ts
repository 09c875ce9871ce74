import type { Types } from 'mongoose';
import type { AuditService } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import type { AuthConfig } from '../config.ts';
import { AppError } from '../../platform/errors.ts';
import { newId, sha256Hex } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import { type ClientScope, scopeOf } from '../../platform/mongo.ts';
import type { UserDirectory } from '../users/directory.ts';
import type { RefreshTokenDoc, SessionDoc, SessionRepository } from './repository.ts';
import { decideRotation, refreshExpiryOf } from './rules.ts';
import type { IssuedTokens, RefreshClaims, Tokens } from './tokens.ts';

export interface RotationOptions {
  readonly repository: SessionRepository;
  readonly users: UserDirectory;
  readonly clients: {
    find(scope: ClientScope): Promise<{ readonly isActive: boolean } | null>;
  };
  readonly audit: AuditService;
  readonly tokens: Tokens;
  readonly config: AuthConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Rotated extends IssuedTokens {
  readonly scope: ClientScope;
  readonly userId: Types.ObjectId;
}

/** Exchanges a refresh token for its child; throws `unauthenticated`, and ends the session if the token was copied. */
export type Rotate = (claims: RefreshClaims, userAgent: string) => Promise<Rotated>;

interface UsedToken {
  readonly token: RefreshTokenDoc;
  readonly session: SessionDoc;
  readonly usedAt: Date;
}

export function createRotation(
  { repository, users, clients, tokens, config, clock }: RotationOptions,
  onTokenReused: (scope: ClientScope, claims: RefreshClaims) => Promise<void>,
): Rotate {
  async function readState(scope: ClientScope, claims: RefreshClaims) {
    const [found, session, user, client] = await Promise.all([
      repository.findToken(scope, sha256Hex(claims.tokenId)),
      repository.findSession(scope, claims.sessionId),
      users.findById(scope, claims.userId),
      clients.find(scope),
    ]);
    const token = isTokenOf(found, claims) ? found : null;
    const child =
      token?.usedAt === undefined
        ? null
        : await repository.findToken(scope, sha256Hex(tokens.childTokenId(claims.tokenId)));
    const isAccountActive = user?.status === 'active' && client?.isActive === true;
    return { token, session, isAccountActive, childUsedAt: child?.usedAt };
  }

  async function endFamily(scope: ClientScope, claims: RefreshClaims): Promise<never> {
    await onTokenReused(scope, claims);
    throw signInAgain();
  }

  /** Derives the child from its parent, so that concurrent and repeated requests get the same token. */
  async function issueChild(
    scope: ClientScope,
    parentClaims: RefreshClaims,
    used: UsedToken,
  ): Promise<Rotated> {
    const claims = { ...parentClaims, tokenId: tokens.childTokenId(parentClaims.tokenId) };
    const times = {
      issuedAt: used.usedAt,
      expiresAt: refreshExpiryOf(used.usedAt, config.refreshTokenTtlMs, used.session.expiresAt),
    };
    await repository.insertTokenIfAbsent(scope, tokenRecord(claims, used.token._id, times));
    return { ...tokens.issue(claims, times), scope, userId: claims.userId };
  }

  return async (claims, userAgent) => {
    const scope = scopeOf(claims.clientId);
    const caller = sha256Hex(userAgent);
    // A request that loses the compare-and-set reads again and finds the token used.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const now = clock.now();
      const state = await readState(scope, claims);
      const { token, session } = state;
      const decision = decideRotation({ ...state, caller, now });
      if (token === null || session === null || decision.kind === 'refuse') throw signInAgain();
      if (decision.kind === 'end-family') return endFamily(scope, claims);
      if (decision.kind === 'reissue-child')
        return issueChild(scope, claims, { token, session, usedAt: decision.usedAt });
      if (await repository.useToken(scope, token._id, now, caller))
        return issueChild(scope, claims, { token, session, usedAt: now });
    }
    throw signInAgain();
  };
}

/** A token counts only for the user and the session that it was stored for. */
const isTokenOf = (token: RefreshTokenDoc | null, { userId, sessionId }: RefreshClaims): boolean =>
  token !== null && token.userId.equals(userId) && token.familyId.equals(sessionId);

/** The stored form of a refresh token: only the hash of its id. */
export const tokenRecord = (
  { tokenId, sessionId, userId }: RefreshClaims,
  parentId: Types.ObjectId | null,
  times: { readonly issuedAt: Date; readonly expiresAt: Date },
): Omit<RefreshTokenDoc, 'clientId'> => ({
  _id: newId(),
  tokenHash: sha256Hex(tokenId),
  familyId: sessionId,
  userId,
  parentId,
  createdAt: times.issuedAt,
  expiresAt: times.expiresAt,
  revoked: false,
});

export const signInAgain = (): AppError =>
  new AppError('unauthenticated', 'The session has ended or does not exist. Log in again.');
