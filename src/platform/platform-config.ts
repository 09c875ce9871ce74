import { z } from 'zod';
import { checkPresence, defineBaseConfig } from './config-block.ts';
import {
  choice,
  duration,
  flag,
  hostAndPort,
  httpUrl,
  knownPort,
  list,
  mongoUri,
  optional,
  port,
  text,
  wholeNumber,
} from './config-fields.ts';
import { acceptableNames, checkHttps, insecure, mongoUriLacks } from './insecure-settings.ts';
import { logLevels } from './logger.ts';
import { Secret } from './secret.ts';

export const acceptingName = 'INSECURE_SETTINGS';

const defaultPorts = {
  ...{ PORT: 4000, METRICS_PORT: 4002 },
  ...{ WORKER_HEALTH_PORT: 4001, WORKER_METRICS_PORT: 4003, TEMPORAL_METRICS_PORT: 0 },
} as const;
type OwnPort = keyof typeof defaultPorts;

/** Each port that can be off, and the ports on which the same process listens before it. */
const neighbours = [
  { name: 'METRICS_PORT', others: ['PORT'], process: 'API' },
  { name: 'WORKER_METRICS_PORT', others: ['WORKER_HEALTH_PORT'], process: 'worker' },
  {
    name: 'TEMPORAL_METRICS_PORT',
    others: ['WORKER_HEALTH_PORT', 'WORKER_METRICS_PORT'],
    process: 'worker',
  },
] as const satisfies readonly { name: OwnPort; others: readonly OwnPort[]; process: string }[];

/** The facts about the deployment that every slice may depend on. */
export const deploymentConfig = defineBaseConfig({
  fields: {
    NODE_ENV: choice(['development', 'test', 'production'], 'development'),
    /** Node reads it: with 0, it accepts the certificate of anybody. */
    NODE_TLS_REJECT_UNAUTHORIZED: optional(z.string().trim()),
    LOG_LEVEL: choice(logLevels, 'info'),
    SHUTDOWN_GRACE: duration('25s', '10m'),
    PORT: knownPort(defaultPorts.PORT),
    PUBLIC_URL: httpUrl(),
    [acceptingName]: list().refine(
      (names) => names.every((name) => acceptableNames.some((acceptable) => acceptable === name)),
      { error: `must name settings among ${acceptableNames.join(', ')}, separated by commas` },
    ),
  },
  *check(env) {
    if (!env.isProduction) return;
    if (env.valueOf('NODE_TLS_REJECT_UNAUTHORIZED') === '0')
      yield {
        name: 'NODE_TLS_REJECT_UNAUTHORIZED',
        message: 'must not be 0: it turns off TLS checks; trust a private authority with NODE_EXTRA_CA_CERTS',
      };
    yield* checkPresence(env, ['PUBLIC_URL']);
    yield* checkHttps('PUBLIC_URL', env.valueOf('PUBLIC_URL'), 'passwords and tokens travel there');
  },
  toSlice: (env) => ({
    environment: env.NODE_ENV,
    isProduction: env.NODE_ENV === 'production',
    logLevel: env.LOG_LEVEL,
    shutdownGraceMs: env.SHUTDOWN_GRACE,
    port: env.PORT,
    publicUrl: env.PUBLIC_URL ?? `http://localhost:${env.PORT}`,
    insecureSettings: env[acceptingName],
  }),
});

export const mongoConfig = defineBaseConfig({
  fields: {
    MONGODB_URI: mongoUri('mongodb://127.0.0.1:27017/whatsapp_crm?replicaSet=rs0'),
    MONGODB_MAX_POOL_SIZE: wholeNumber(50, 1, 1_000),
  },
  *check(env) {
    if (!env.isProduction) return;
    yield* checkPresence(env, ['MONGODB_URI']);
    const lacks = mongoUriLacks(env.valueOf('MONGODB_URI'));
    if (lacks.length > 0) yield insecure('MONGODB_URI', `lacks ${lacks.join(' and ')}`);
  },
  toSlice: (env) => ({ uri: new Secret(env.MONGODB_URI), maxPoolSize: env.MONGODB_MAX_POOL_SIZE }),
});

export const temporalConfig = defineBaseConfig({
  fields: {
    TEMPORAL_ADDRESS: hostAndPort('127.0.0.1:7233'),
    TEMPORAL_NAMESPACE: text('whatsapp-crm'),
    TEMPORAL_TLS: flag(),
    TEMPORAL_API_KEY: optional(z.string().trim()),
    TEMPORAL_UI_URL: httpUrl(),
  },
  *check(env) {
    const { isProduction, valueOf } = env;
    if (isProduction) yield* checkPresence(env, ['TEMPORAL_ADDRESS']);
    const [tls, apiKey] = [valueOf('TEMPORAL_TLS'), valueOf('TEMPORAL_API_KEY')];
    const isOff = tls === 'false' || tls === '0';
    if (!isProduction || tls === 'true' || tls === '1') return;
    if (apiKey !== '' && isOff)
      yield { name: 'TEMPORAL_TLS', message: 'must not be false: the API key would travel unencrypted' };
    else if (apiKey === '')
      yield insecure('TEMPORAL_TLS', 'must be true, so that others cannot read or steer workflows');
  },
  toSlice: (env) => ({
    address: env.TEMPORAL_ADDRESS,
    namespace: env.TEMPORAL_NAMESPACE,
    tls: env.TEMPORAL_TLS ?? env.TEMPORAL_API_KEY !== undefined,
    apiKey: env.TEMPORAL_API_KEY === undefined ? undefined : new Secret(env.TEMPORAL_API_KEY),
    uiUrl: env.TEMPORAL_UI_URL ?? 'http://localhost:8233',
  }),
});

/** Ports of the metrics servers; 0 disables one, but not the SDK's. */
export const metricsConfig = defineBaseConfig({
  fields: {
    METRICS_PORT: port(defaultPorts.METRICS_PORT),
    WORKER_METRICS_PORT: port(defaultPorts.WORKER_METRICS_PORT),
    /** The Temporal SDK serves its own metrics here too; 0 lets it choose a port that only this host reaches. */
    TEMPORAL_METRICS_PORT: port(defaultPorts.TEMPORAL_METRICS_PORT),
  },
  *check({ valueOf }) {
    const portOf = (name: OwnPort) => Number(valueOf(name) || defaultPorts[name]);
    for (const { name, others, process } of neighbours)
      for (const other of others)
        if (portOf(name) !== 0 && portOf(name) === portOf(other))
          yield { name, message: `must differ from ${other}: the ${process} listens on both` };
  },
  toSlice: (env) => ({
    apiPort: env.METRICS_PORT,
    workerPort: env.WORKER_METRICS_PORT,
    temporalPort: env.TEMPORAL_METRICS_PORT,
  }),
});

export const workerConfig = defineBaseConfig({
  fields: {
    WORKER_HEALTH_PORT: knownPort(defaultPorts.WORKER_HEALTH_PORT),
    WORKER_MAX_DISPATCHES: wholeNumber(50, 1, 10_000),
    WORKER_MAX_FILES: wholeNumber(8, 1, 200),
    WORKER_MAX_CACHED_WORKFLOWS: wholeNumber(1_000, 10, 1_000_000),
  },
  toSlice: (env) => ({
    healthPort: env.WORKER_HEALTH_PORT,
    maxConcurrentDispatches: env.WORKER_MAX_DISPATCHES,
    maxConcurrentFiles: env.WORKER_MAX_FILES,
    maxCachedWorkflows: env.WORKER_MAX_CACHED_WORKFLOWS,
  }),
});
