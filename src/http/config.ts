import { z } from 'zod';
import { defineConfig, type SliceOf } from '../platform/config-block.ts';
import { flag, optional, origins, splitList, text, wholeNumber } from '../platform/config-fields.ts';
import { insecure, isHttps } from '../platform/insecure-settings.ts';

/** With less, the share of one channel would not hold the largest webhook body. */
const minBodyMemoryMb = 32;

export const httpConfig = defineConfig({
  fields: {
    HOST: text('127.0.0.1'),
    CORS_ORIGINS: origins(),
    TRUSTED_PROXIES: wholeNumber(0, 0, 16),
    RATE_LIMIT_PER_MINUTE: wholeNumber(6_000, 0, 10_000_000),
    BODY_MEMORY_MB: wholeNumber(64, minBodyMemoryMb, 65_536),
    COOKIE_DOMAIN: optional(z.string().trim()),
    COOKIE_SECURE: flag(),
  },
  *check({ isProduction, valueOf }) {
    if (!isProduction) return;
    if (['false', '0'].includes(valueOf('COOKIE_SECURE')))
      yield insecure('COOKIE_SECURE', 'must not be false: the refresh cookie would travel unencrypted');
    if (splitList(valueOf('CORS_ORIGINS')).some((origin) => !isHttps(origin)))
      yield insecure('CORS_ORIGINS', 'must only have https:// origins: others can be forged on the way');
  },
  toSlice: (env, { port, publicUrl, isProduction }) => ({
    host: env.HOST,
    port,
    publicUrl,
    /** For each process and user, or address if nobody is signed in; 0 disables the limit. */
    rateLimitPerMinute: env.RATE_LIMIT_PER_MINUTE,
    /** For the bodies of all requests that one process receives or handles at once. */
    bodyMemoryBytes: env.BODY_MEMORY_MB * 1024 * 1024,
    corsOrigins: env.CORS_ORIGINS,
    trustedProxies: env.TRUSTED_PROXIES,
    cookies: { domain: env.COOKIE_DOMAIN, secure: env.COOKIE_SECURE ?? isProduction },
  }),
});

export type HttpConfig = SliceOf<typeof httpConfig>;
