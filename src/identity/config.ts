import { checkStrength, defineConfig, type SliceOf } from '../platform/config-block.ts';
import { duration, optional, secret, splitList, wholeNumber } from '../platform/config-fields.ts';

/** OWASP's minimum (Password Storage Cheat Sheet). */
const minBcryptCost = 10;

/** The provider knows these, so they must not sign tokens. */
const knownToProvider = ['WEBHOOK_VERIFY_TOKEN', 'WHATSAPP_APP_SECRETS', 'WHATSAPP_APP_SECRET'];

export const authConfig = defineConfig({
  fields: {
    JWT_ACCESS_TOKEN_SECRET: secret(),
    JWT_REFRESH_TOKEN_SECRET: secret(),
    ACCESS_TOKEN_EXPIRY: duration('15m', '15m'),
    REFRESH_TOKEN_EXPIRY: duration('7d', '90d'),
    SESSION_MAX_AGE: duration('30d', '365d'),
    BCRYPT_COST: wholeNumber(minBcryptCost, 4, 14),
    SIGNUP_LIMIT_PER_HOUR: optional(wholeNumber(20, 1, 1_000_000)),
    SIGNUP_LIMIT_PER_DAY: optional(wholeNumber(100, 1, 1_000_000)),
  },
  *check({ isProduction, valueOf }) {
    if (!isProduction) return;
    const [access, refresh] = [valueOf('JWT_ACCESS_TOKEN_SECRET'), valueOf('JWT_REFRESH_TOKEN_SECRET')];
    yield* checkStrength('JWT_ACCESS_TOKEN_SECRET', [access]);
    yield* checkStrength('JWT_REFRESH_TOKEN_SECRET', [refresh]);
    if (access === refresh)
      yield { name: 'JWT_REFRESH_TOKEN_SECRET', message: 'must differ from JWT_ACCESS_TOKEN_SECRET' };
    if (Number(valueOf('BCRYPT_COST') || minBcryptCost) < minBcryptCost)
      yield { name: 'BCRYPT_COST', message: `must be ${minBcryptCost} or more in production` };
    const names = ['JWT_ACCESS_TOKEN_SECRET', 'JWT_REFRESH_TOKEN_SECRET'];
    const known = knownToProvider.flatMap((name) => splitList(valueOf(name)));
    for (const name of names)
      if (known.includes(valueOf(name)))
        yield { name, message: `must differ from ${knownToProvider.join(', ')}` };
  },
  toSlice: (env, { isProduction }) => ({
    accessTokenSecret: env.JWT_ACCESS_TOKEN_SECRET,
    refreshTokenSecret: env.JWT_REFRESH_TOKEN_SECRET,
    accessTokenTtlMs: env.ACCESS_TOKEN_EXPIRY,
    refreshTokenTtlMs: env.REFRESH_TOKEN_EXPIRY,
    sessionMaxAgeMs: env.SESSION_MAX_AGE,
    bcryptCost: env.BCRYPT_COST,
    /** From one network; high outside production, for developers and tests. */
    signupsPerHour: env.SIGNUP_LIMIT_PER_HOUR ?? (isProduction ? 20 : 1_000),
    /** From the block around it. */
    signupsPerDay: env.SIGNUP_LIMIT_PER_DAY ?? (isProduction ? 100 : 10_000),
  }),
});

export type AuthConfig = SliceOf<typeof authConfig>;
