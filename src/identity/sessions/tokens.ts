import { createHmac, createSecretKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { Types } from 'mongoose';
import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { AuthConfig } from '../config.ts';
import { AppError } from '../../platform/errors.ts';

/** Whose token it is, and of which session. */
export interface TokenSubject {
  readonly userId: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly sessionId: Types.ObjectId;
}

export interface RefreshClaims extends TokenSubject {
  /** The secret id: whoever knows it holds the token. Only its hash is stored. */
  readonly tokenId: string;
}

export interface TokenTimes {
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** What goes into the refresh cookie. */
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
/** The header's `typ`: one kind of token can never be taken for the other, whatever its claims say. */
const types = { access: 'at+jwt', refresh: 'rt+jwt' } as const;

const hexId = z
  .string()
  .regex(/^[0-9a-f]{24}$/)
  .transform((text) => Types.ObjectId.createFromHexString(text));
const AccessPayload = z.object({ sub: hexId, cid: hexId, sid: hexId });
const RefreshPayload = AccessPayload.extend({ jti: z.string().min(32).max(128) });

interface TokensOptions {
  readonly config: AuthConfig;
  readonly clock: Clock;
}

/** Signs and checks both kinds of token; the keys are made once, because making one costs more than using it. */
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
      // The library takes a token without `exp` as one that never ends.
      const hasEnd = typeof payload === 'object' && payload.exp !== undefined;
      return header.typ === types[kind] && hasEnd ? payload : undefined;
    } catch {
      // Why it was refused is nobody's business but the holder's, who cannot do anything about it either.
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
     * A fresh access token beside the refresh token of these claims. The same claims and times give the same
     * refresh token, so that a lost answer can be given again.
     */
    issue: ({ tokenId, ...subject }: RefreshClaims, times: TokenTimes): IssuedTokens => ({
      accessToken: signAccess(subject),
      refreshCookie: {
        value: sign('refresh', subject, times, tokenId),
        maxAgeMs: Math.max(0, times.expiresAt.getTime() - clock.now().getTime()),
      },
    }),

    /** Throws `unauthenticated`. */
    verifyAccess(token: string): TokenSubject {
      const claims = AccessPayload.safeParse(verify('access', token));
      if (!claims.success)
        throw new AppError('unauthenticated', 'The access token is not valid, or has expired.');
      const { sub, cid, sid } = claims.data;
      return { userId: sub, clientId: cid, sessionId: sid };
    },

    /** Undefined when it is not one of ours, or has expired. */
    readRefresh(token: string): RefreshClaims | undefined {
      const claims = RefreshPayload.safeParse(verify('refresh', token));
      if (!claims.success) return undefined;
      const { sub, cid, sid, jti } = claims.data;
      return { userId: sub, clientId: cid, sessionId: sid, tokenId: jti };
    },

    /** The id of the one token that may follow: only we can know it, and we know it again after a crash. */
    childTokenId: (tokenId: string): string =>
      createHmac('sha256', keys.refresh).update(`refresh-child:${tokenId}`).digest('base64url'),
  };
}

const seconds = (time: Date): number => Math.floor(time.getTime() / 1_000);
