/**
 * A refresh token works once. For this long after its use, the parent of the newest token may repeat the request and
 * gets the same child, because an answer was lost or two tabs refreshed at once. Any other reuse means that the token
 * was copied, and ends the family.
 */
export const refreshGraceMs = 10_000;

export interface PresentedToken {
  readonly expiresAt: Date;
  readonly revoked: boolean;
  readonly usedAt?: Date;
  readonly usedBy?: string;
}

export interface RotationState {
  readonly token: PresentedToken | null;
  readonly session: { readonly expiresAt: Date; readonly endedAt?: Date } | null;
  /** Whether user and client are active. */
  readonly isAccountActive: boolean;
  /** When the token's child was used; undefined while the child is the newest of the family. */
  readonly childUsedAt: Date | undefined;
  readonly caller: string;
  readonly now: Date;
}

export type RotationDecision =
  | { readonly kind: 'rotate' }
  | { readonly kind: 'reissue-child'; readonly usedAt: Date }
  | { readonly kind: 'refuse'; readonly reason: 'unknown' | 'expired' | 'session-ended' | 'account-inactive' }
  | { readonly kind: 'end-family' };

export function decideRotation(state: RotationState): RotationDecision {
  const { token, session, now } = state;
  if (token === null) return { kind: 'refuse', reason: 'unknown' };
  if (token.expiresAt <= now) return { kind: 'refuse', reason: 'expired' };
  if (token.revoked || !isSessionLive(session, now)) return { kind: 'refuse', reason: 'session-ended' };
  if (!state.isAccountActive) return { kind: 'refuse', reason: 'account-inactive' };
  if (token.usedAt === undefined) return { kind: 'rotate' };
  const isParentOfNewest = state.childUsedAt === undefined;
  const isInGrace = now.getTime() - token.usedAt.getTime() <= refreshGraceMs;
  const isSameCaller = token.usedBy === state.caller;
  return isParentOfNewest && isInGrace && isSameCaller
    ? { kind: 'reissue-child', usedAt: token.usedAt }
    : { kind: 'end-family' };
}

export const isSessionLive = (session: RotationState['session'], now: Date): boolean =>
  session !== null && session.endedAt === undefined && session.expiresAt > now;

/** A token never outlives its session. */
export const refreshExpiryOf = (issuedAt: Date, ttlMs: number, sessionExpiresAt: Date): Date =>
  new Date(Math.min(issuedAt.getTime() + ttlMs, sessionExpiresAt.getTime()));
