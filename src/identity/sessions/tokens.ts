import { createHmac, createSecretKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { Types } from 'mongoose';
import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { AuthConfig } from '../config.ts';
import { AppError } from '../../platform/errors.ts';

/** The subject of an access token, and when it ends. */
export interface AccessClaims extends TokenSubject {
  readonly expiresAt: Date;
}

/** The user, client and session of a token. */
export interface TokenSubject {
  readonly userId: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly sessionId: Types.ObjectId;
}

export interface RefreshClaims extends TokenSubject {
  /** A secret, of which only the hash is stored. */
  readonly tokenId: string;
}

export interface TokenTimes {
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface RefreshCookie {
  readonly value: string;
  readonly maxAgeMs: number;
}

export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshCookie: RefreshCookie;
}

export type Tokens = ReturnType<typeof createTokens>;

const issuer = 'whatsapp-crm';
const audiences = { access: 'whatsapp-crm-api', refresh: 'whatsapp-crm-refresh' } as const;
/** The header's `typ`: keeps one kind of token from passing as the other, whatever its claims say. */
const types = { access: 'at+jwt', refresh: 'rt+jwt' } as const;

const hexId = z
  .string()
  .regex(/^[0-9a-f]{24}$/)
  .transform((text) => Types.ObjectId.createFromHexString(text));
const AccessPayload = z.object({ sub: hexId, cid: hexId, sid: hexId });
const VerifiedAccessPayload = AccessPayload.extend({ exp: z.number() });
const RefreshPayload = AccessPayload.extend({ jti: z.string().min(32).max(128) });

interface TokensOptions {
  readonly config: AuthConfig;
  readonly clock: Clock;
}

/** Signs and verifies access and refresh tokens. Creates the keys once, because creating one costs more than a use. */
export function createTokens({ config, clock }: TokensOptions) {
  const keys = {
    access: createSecretKey(Buffer.from(config.accessTokenSecret.reveal())),
    refresh: createSecretKey(Buffer.from(config.refreshTokenSecret.reveal())),
  };
  type Kind = keyof typeof keys;

  const sign = (kind: Kind, subject: TokenSubject, times: TokenTimes, jti?: string): string =>
    jwt.sign(
      {
        sub: subject.userId.toHexString(),
        cid: subject.clientId.toHexString(),
        sid: subject.sessionId.toHexString(),
        iat: seconds(times.issuedAt),
        exp: seconds(times.expiresAt),
        iss: issuer,
        aud: audiences[kind],
        ...(jti === undefined ? {} : { jti }),
      },
      keys[kind],
      { algorithm: 'HS256', header: { alg: 'HS256', typ: types[kind] } },
    );

  const verify = (kind: Kind, token: string): unknown => {
    try {
      const { header, payload } = jwt.verify(token, keys[kind], {
        algorithms: ['HS256'],
        issuer,
        audience: audiences[kind],
        clockTimestamp: seconds(clock.now()),
        complete: true,
      });
      // The library accepts a token without `exp` as one that never expires.
      const hasEnd = typeof payload === 'object' && payload.exp !== undefined;
      return header.typ === types[kind] && hasEnd ? payload : undefined;
    } catch {
      // The caller needs no reason: in every case a new token is the remedy.
      return undefined;
    }
  };

  const signAccess = (subject: TokenSubject): string => {
    const issuedAt = clock.now();
    const expiresAt = new Date(issuedAt.getTime() + config.accessTokenTtlMs);
    return sign('access', subject, { issuedAt, expiresAt });
  };

  return {
    /**
     * A new access token and the refresh token of these claims. The same claims and times give the same refresh token,
     * so that a lost answer can be repeated.
     */
    issue: ({ tokenId, ...subject }: RefreshClaims, times: TokenTimes): IssuedTokens => ({
      accessToken: signAccess(subject),
      refreshCookie: {
        value: sign('refresh', subject, times, tokenId),
        maxAgeMs: Math.max(0, times.expiresAt.getTime() - clock.now().getTime()),
      },
    }),

    /** Throws `unauthenticated`. */
    verifyAccess(token: string): AccessClaims {
      const claims = VerifiedAccessPayload.safeParse(verify('access', token));
      if (!claims.success)
        throw new AppError('unauthenticated', 'The access token is invalid or has expired.');
      const { sub, cid, sid, exp } = claims.data;
      return { userId: sub, clientId: cid, sessionId: sid, expiresAt: new Date(exp * 1_000) };
    },

    /** Undefined for a foreign or expired token. */
    readRefresh(token: string): RefreshClaims | undefined {
      const claims = RefreshPayload.safeParse(verify('refresh', token));
      if (!claims.success) return undefined;
      const { sub, cid, sid, jti } = claims.data;
      return { userId: sub, clientId: cid, sessionId: sid, tokenId: jti };
    },

    /** The id of the only token that may follow. Derived from the secret key, so that a retry after a crash finds it. */
    childTokenId: (tokenId: string): string =>
      createHmac('sha256', keys.refresh).update(`refresh-child:${tokenId}`).digest('base64url'),
  };
}

const seconds = (time: Date): number => Math.floor(time.getTime() / 1_000);
