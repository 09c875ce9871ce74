import { getPublicSuffix } from 'tldts';
import { z } from 'zod';
import { defineConfig, type SliceOf } from '../platform/config-block.ts';
import { flag, optional, origins, splitList, text, wholeNumber } from '../platform/config-fields.ts';
import { insecure, isHttps } from '../platform/insecure-settings.ts';

/** With less, the share of one channel would not hold the largest webhook body. */
const minBodyMemoryMb = 32;

/** A host name; browsers ignore a dot before it. */
const domain = () =>
  optional(
    z
      .string()
      .trim()
      .regex(/^\.?[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i, { error: 'must be a host name such as example.com' }),
  );

export const httpConfig = defineConfig({
  fields: {
    HOST: text('localhost'),
    CORS_ORIGINS: origins(),
    TRUSTED_PROXIES: wholeNumber(0, 0, 16),
    RATE_LIMIT_PER_MINUTE: wholeNumber(6_000, 0, 10_000_000),
    BODY_MEMORY_MB: wholeNumber(64, minBodyMemoryMb, 65_536),
    COOKIE_DOMAIN: domain(),
    COOKIE_SECURE: flag(),
  },
  *check({ isProduction, valueOf }) {
    if (!isProduction) return;
    if (['false', '0'].includes(valueOf('COOKIE_SECURE')))
      yield insecure('COOKIE_SECURE', 'must not be false: the refresh cookie would travel unencrypted');
    if (splitList(valueOf('CORS_ORIGINS')).some((origin) => !isHttps(origin)))
      yield insecure('CORS_ORIGINS', 'must only have https:// origins: others can be forged on the way');
    const message = cookieDomainProblem(valueOf('COOKIE_DOMAIN'), valueOf('PUBLIC_URL'));
    if (message !== undefined) yield { name: 'COOKIE_DOMAIN', message };
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
    /** Pages of this machine need no entry there, whatever their port. */
    allowsLocalPages: !isProduction,
    trustedProxies: env.TRUSTED_PROXIES,
    cookies: { domain: env.COOKIE_DOMAIN, secure: env.COOKIE_SECURE ?? isProduction },
  }),
});

/** Why browsers would not store the refresh cookie of this domain, or would send it to strangers; undefined if they do. */
function cookieDomainProblem(given: string, publicUrl: string): string | undefined {
  const wanted = given.replace(/^\./, '').toLowerCase();
  if (wanted === '' || !URL.canParse(publicUrl)) return undefined;
  const host = new URL(publicUrl).hostname;
  if (host !== wanted && !host.endsWith(`.${wanted}`))
    return `must be the host of PUBLIC_URL (${host}) or a domain above it, else browsers refuse the cookie`;
  return getPublicSuffix(wanted, { allowPrivateDomains: true }) === wanted
    ? 'must not be a public suffix, under which anybody can register names: browsers refuse the cookie'
    : undefined;
}

export type HttpConfig = SliceOf<typeof httpConfig>;
