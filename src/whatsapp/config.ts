import { z } from 'zod';
import { checkStrength, defineConfig, type SliceOf } from '../platform/config-block.ts';
import {
  httpUrl,
  list,
  milliseconds,
  optional,
  splitList,
  text,
  wholeNumber,
} from '../platform/config-fields.ts';
import { checkHttps, insecure } from '../platform/insecure-settings.ts';
import { Secret } from '../platform/secret.ts';

const defaultApiUrls = { sandbox: 'http://127.0.0.1:4010', cloud: 'https://graph.facebook.com' } as const;

export const providerConfig = defineConfig({
  fields: {
    WHATSAPP_APP_SECRETS: list(),
    WHATSAPP_APP_SECRET: list(),
    WHATSAPP_PROVIDER: optional(z.enum(['sandbox', 'cloud'], { error: 'must be sandbox or cloud' })),
    WHATSAPP_API_URL: httpUrl(),
    WHATSAPP_API_VERSION: text('v25.0').refine((version) => /^v\d{1,3}\.\d{1,2}$/.test(version), {
      error: 'must look like v25.0',
    }),
    WHATSAPP_MEDIA_HOSTS: text('fbsbx.com,facebook.com,fbcdn.net,whatsapp.net')
      .transform(splitList)
      .refine((hosts) => hosts.every((host) => /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(host)), {
        error: 'must be host names such as fbsbx.com, separated by commas',
      }),
    PROVIDER_TIMEOUT_MS: milliseconds(20_000),
    PROVIDER_CONNECTIONS: wholeNumber(64, 1, 1_000),
  },
  *check({ isProduction, valueOf }) {
    const secrets = splitList(`${valueOf('WHATSAPP_APP_SECRETS')},${valueOf('WHATSAPP_APP_SECRET')}`);
    if (secrets.length === 0) yield { name: 'WHATSAPP_APP_SECRETS', message: 'is missing' };
    if (!isProduction) return;
    yield* checkStrength('WHATSAPP_APP_SECRETS', secrets);
    yield* checkHttps('WHATSAPP_API_URL', valueOf('WHATSAPP_API_URL'), 'access tokens travel there');
    if (valueOf('WHATSAPP_PROVIDER') === 'sandbox')
      yield insecure('WHATSAPP_PROVIDER', 'must be cloud: the sandbox sends nothing to anybody');
  },
  toSlice(env, { isProduction }) {
    const kind = env.WHATSAPP_PROVIDER ?? (isProduction ? 'cloud' : 'sandbox');
    const secrets = new Set([...env.WHATSAPP_APP_SECRETS, ...env.WHATSAPP_APP_SECRET]);
    return {
      kind,
      apiUrl: env.WHATSAPP_API_URL ?? defaultApiUrls[kind],
      apiVersion: env.WHATSAPP_API_VERSION,
      timeoutMs: env.PROVIDER_TIMEOUT_MS,
      connections: env.PROVIDER_CONNECTIONS,
      mediaHosts: env.WHATSAPP_MEDIA_HOSTS,
      appSecrets: [...secrets].map((value) => new Secret(value)),
    };
  },
});

export type ProviderConfig = SliceOf<typeof providerConfig>;
