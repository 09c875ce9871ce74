import { channelsConfig, credentialsConfig } from '../channels/config.ts';
import { httpConfig } from '../http/config.ts';
import { authConfig } from '../identity/config.ts';
import { mailConfig } from '../mail/config.ts';
import { type ConfigOf, givenNames, readConfig, variableNames } from '../platform/config.ts';
import { findMisspelt, type MisspeltName } from '../platform/misspelt-names.ts';
import type { RawEnvironment } from '../platform/config-block.ts';
import { metricsConfig, mongoConfig, temporalConfig, workerConfig } from '../platform/platform-config.ts';
import { quotasConfig } from '../quotas/config.ts';
import { ratesConfig } from '../rates/config.ts';
import { messagesConfig } from '../sending/config.ts';
import { storageConfig } from '../storage/config.ts';
import { webhookConfig } from '../webhooks/config.ts';
import { providerConfig } from '../whatsapp/config.ts';

/** The variables of every area, by the name of their slice. `.env.example` explains each. */
const blocks = {
  mongo: mongoConfig,
  temporal: temporalConfig,
  metrics: metricsConfig,
  worker: workerConfig,
  http: httpConfig,
  provider: providerConfig,
  mail: mailConfig,
  auth: authConfig,
  credentials: credentialsConfig,
  channels: channelsConfig,
  quotas: quotasConfig,
  rates: ratesConfig,
  messages: messagesConfig,
  storage: storageConfig,
  webhook: webhookConfig,
} as const;

export type Config = ConfigOf<typeof blocks>;

/** A test compares them with `.env.example`. */
export const environmentNames: readonly string[] = variableNames(blocks);

/** The whole configuration; throws a `ConfigError` that lists every problem of the environment. */
export const loadConfig = (env?: RawEnvironment): Config => readConfig(blocks, env);

/** Variables of the environment that nothing reads and that resemble a setting. */
export const misspeltNames = (env?: RawEnvironment): readonly MisspeltName[] =>
  findMisspelt(givenNames(env), environmentNames);
