import { z } from 'zod';
import {
  choice,
  duration,
  flag,
  httpUrl,
  key256,
  list,
  mailAddress,
  milliseconds,
  optional,
  origins,
  port,
  secret,
  smtpUrl,
  splitList,
  text,
  wholeNumber,
} from './config-fields.ts';
import { logLevels } from './logger.ts';
import { Secret } from './secret.ts';

/** Every variable that the product reads, once. `.env.example` explains each; a test holds the two equal. */
const environmentSchema = z.object({
  NODE_ENV: choice(['development', 'test', 'production'], 'development'),
  LOG_LEVEL: choice(logLevels, 'info'),
  SHUTDOWN_GRACE: duration('25s', '10m'),
  HOST: text('127.0.0.1'),
  PORT: port(4000),
  METRICS_PORT: port(4002),
  PUBLIC_URL: httpUrl(),
  APP_URL: httpUrl(),
  CORS_ORIGINS: origins(),
  TRUSTED_PROXIES: wholeNumber(0, 0, 16),
  RATE_LIMIT_PER_MINUTE: wholeNumber(6_000, 0, 10_000_000),
  MONGODB_URI: text('mongodb://127.0.0.1:27017/whatsapp_crm?replicaSet=rs0'),
  MONGODB_MAX_POOL_SIZE: wholeNumber(50, 1, 1_000),
  TEMPORAL_ADDRESS: text('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: text('whatsapp-crm'),
  TEMPORAL_TLS: flag(),
  TEMPORAL_API_KEY: optional(z.string().trim()),
  TEMPORAL_UI_URL: httpUrl(),
  TEMPORAL_METRICS_PORT: port(0),
  JWT_ACCESS_TOKEN_SECRET: secret(),
  JWT_REFRESH_TOKEN_SECRET: secret(),
  ACCESS_TOKEN_EXPIRY: duration('15m', '15m'),
  REFRESH_TOKEN_EXPIRY: duration('7d', '90d'),
  SESSION_MAX_AGE: duration('30d', '365d'),
  COOKIE_DOMAIN: optional(z.string().trim()),
  COOKIE_SECURE: flag(),
  SIGNUP_LIMIT_PER_HOUR: optional(wholeNumber(20, 1, 1_000_000)),
  SMTP_URL: smtpUrl(),
  MAIL_FROM: mailAddress(),
  CREDENTIALS_KEY: key256(),
  WEBHOOK_VERIFY_TOKEN: secret(),
  WEBHOOK_MAX_QUEUED: wholeNumber(5_000, 1, 1_000_000),
  WHATSAPP_APP_SECRETS: list(),
  WHATSAPP_APP_SECRET: list(),
  WHATSAPP_PROVIDER: optional(z.enum(['sandbox', 'cloud'], { error: 'must be sandbox or cloud' })),
  WHATSAPP_API_URL: httpUrl(),
  WHATSAPP_API_VERSION: text('v25.0').refine((version) => /^v\d{1,3}\.\d{1,2}$/.test(version), {
    error: 'must look like v25.0',
  }),
  PROVIDER_TIMEOUT_MS: milliseconds(20_000),
  PROVIDER_SENDS_PER_SECOND: wholeNumber(80, 1, 10_000),
  PROVIDER_CONNECTIONS: wholeNumber(64, 1, 1_000),
  SWEEP_INTERVAL_MS: milliseconds(30_000),
  SWEEP_OLDER_THAN_MS: milliseconds(60_000),
  RECEIPT_DEADLINE_MS: milliseconds(72 * 3_600_000),
  DISPATCH_TTL_MS: milliseconds(24 * 3_600_000),
  WORKER_HEALTH_PORT: port(4001),
  WORKER_METRICS_PORT: port(4003),
  WORKER_MAX_DISPATCHES: wholeNumber(50, 1, 10_000),
  WORKER_MAX_CACHED_WORKFLOWS: wholeNumber(1_000, 10, 1_000_000),
});

type Environment = z.output<typeof environmentSchema>;

/** The names of all variables, for the test that compares them with `.env.example`. */
export const environmentNames: readonly string[] = Object.keys(environmentSchema.shape);

/** A secret shorter than this, or of hardly any different characters, is guessable. */
const minimumSecretBytes = 32;
const minimumDifferentCharacters = 8;

const defaultApiUrls = { sandbox: 'http://127.0.0.1:4010', cloud: 'https://graph.facebook.com' } as const;

/** Outside production: the catcher that `npm start` runs. */
const defaultSmtpUrl = 'smtp://127.0.0.1:4025';
const defaultMailFrom = 'WhatsApp CRM <no-reply@localhost>';

export interface ConfigProblem {
  readonly name: string;
  readonly message: string;
}

/** Says everything that is wrong with the environment at once. Names only: a value may be a secret. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(configProblems: readonly ConfigProblem[]) {
    const lines = configProblems.map(({ name, message }) => `  ${name} ${message}`);
    super(
      `The environment is not complete:\n${lines.join('\n')}\n` +
        'Set these variables; .env.example explains each. In development `npm start` makes the secrets by itself.',
    );
    this.name = 'ConfigError';
    this.problems = configProblems;
  }
}

export type Config = ReturnType<typeof toConfig>;

type RawEnvironment = Readonly<Record<string, string | undefined>>;

/** Reads and checks the environment; throws one `ConfigError` that lists every problem. */
export function loadConfig(env: RawEnvironment = process.env): Config {
  const parsed = environmentSchema.safeParse(env);
  const fieldProblems = (parsed.error?.issues ?? []).map(({ path, message }) => ({
    name: path.join('.'),
    message,
  }));
  const problems = firstOfEachName([...fieldProblems, ...crossProblems(env)]);
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return toConfig(parsed.data);
}

/** For commands that use nothing but the database: they need no secret. Throws `ConfigError` too. */
export function loadMongoConfig(env: RawEnvironment = process.env): Config['mongo'] {
  const parsed = environmentSchema.pick({ MONGODB_URI: true, MONGODB_MAX_POOL_SIZE: true }).safeParse(env);
  if (parsed.success) return mongoSlice(parsed.data);
  throw new ConfigError(parsed.error.issues.map(({ path, message }) => ({ name: path.join('.'), message })));
}

const mongoSlice = (env: Pick<Environment, 'MONGODB_URI' | 'MONGODB_MAX_POOL_SIZE'>) =>
  ({ uri: new Secret(env.MONGODB_URI), maxPoolSize: env.MONGODB_MAX_POOL_SIZE }) as const;

/** Problems that one variable alone cannot show. They are looked for even when single variables are wrong. */
function* crossProblems(env: RawEnvironment): Generator<ConfigProblem> {
  const valueOf = (name: string): string => env[name]?.trim() ?? '';
  const appSecrets = splitList(`${valueOf('WHATSAPP_APP_SECRETS')},${valueOf('WHATSAPP_APP_SECRET')}`);
  if (appSecrets.length === 0) yield { name: 'WHATSAPP_APP_SECRETS', message: 'is missing' };
  if (env['NODE_ENV'] !== 'production') return;
  for (const name of ['JWT_ACCESS_TOKEN_SECRET', 'JWT_REFRESH_TOKEN_SECRET', 'WEBHOOK_VERIFY_TOKEN'])
    if (isWeak(valueOf(name))) yield weak(name);
  if (appSecrets.some(isWeak)) yield weak('WHATSAPP_APP_SECRETS');
  if (valueOf('JWT_ACCESS_TOKEN_SECRET') === valueOf('JWT_REFRESH_TOKEN_SECRET'))
    yield { name: 'JWT_REFRESH_TOKEN_SECRET', message: 'must differ from JWT_ACCESS_TOKEN_SECRET' };
  for (const name of ['PUBLIC_URL', 'SMTP_URL', 'MAIL_FROM'])
    if (valueOf(name) === '') yield { name, message: 'is missing' };
}

const weak = (name: string): ConfigProblem => ({
  name,
  message: `is weak: at least ${minimumSecretBytes} random bytes are needed (openssl rand -base64 48)`,
});

const isWeak = (value: string): boolean =>
  Buffer.byteLength(value) < minimumSecretBytes || new Set(value).size < minimumDifferentCharacters;

const firstOfEachName = (problems: readonly ConfigProblem[]): ConfigProblem[] =>
  [...new Map(problems.toReversed().map((problem) => [problem.name, problem])).values()].toReversed();

/** The slices that the parts of the product take; each part gets its own and nothing else. */
function toConfig(env: Environment) {
  const isProduction = env.NODE_ENV === 'production';
  const publicUrl = env.PUBLIC_URL ?? `http://127.0.0.1:${env.PORT}`;
  return {
    environment: env.NODE_ENV,
    isProduction,
    logLevel: env.LOG_LEVEL,
    shutdownGraceMs: env.SHUTDOWN_GRACE,
    http: {
      host: env.HOST,
      port: env.PORT,
      publicUrl,
      /** Requests of one user, or of one address without a user, on one process; 0 for no limit. */
      rateLimitPerMinute: env.RATE_LIMIT_PER_MINUTE,
      corsOrigins: env.CORS_ORIGINS,
      trustedProxies: env.TRUSTED_PROXIES,
      cookies: { domain: env.COOKIE_DOMAIN, secure: env.COOKIE_SECURE ?? isProduction },
    },
    mongo: mongoSlice(env),
    temporal: {
      address: env.TEMPORAL_ADDRESS,
      namespace: env.TEMPORAL_NAMESPACE,
      tls: env.TEMPORAL_TLS ?? env.TEMPORAL_API_KEY !== undefined,
      apiKey: env.TEMPORAL_API_KEY === undefined ? undefined : new Secret(env.TEMPORAL_API_KEY),
      uiUrl: env.TEMPORAL_UI_URL ?? 'http://127.0.0.1:8233',
    },
    auth: {
      accessTokenSecret: env.JWT_ACCESS_TOKEN_SECRET,
      refreshTokenSecret: env.JWT_REFRESH_TOKEN_SECRET,
      accessTokenTtlMs: env.ACCESS_TOKEN_EXPIRY,
      refreshTokenTtlMs: env.REFRESH_TOKEN_EXPIRY,
      sessionMaxAgeMs: env.SESSION_MAX_AGE,
      /** From one address. Developers and tests sign up all day. */
      signupsPerHour: env.SIGNUP_LIMIT_PER_HOUR ?? (isProduction ? 20 : 1_000),
    },
    mail: {
      smtpUrl: env.SMTP_URL ?? new Secret(defaultSmtpUrl),
      from: env.MAIL_FROM ?? defaultMailFrom,
      /** Links in mails lead here; never to what the request calls its host. */
      appUrl: env.APP_URL ?? publicUrl,
      /** So that a developer can go on without a mail box. */
      logsLinks: env.NODE_ENV === 'development',
    },
    credentials: { key: env.CREDENTIALS_KEY },
    webhook: { verifyToken: env.WEBHOOK_VERIFY_TOKEN, maxQueued: env.WEBHOOK_MAX_QUEUED },
    provider: providerSlice(env, isProduction),
    messages: {
      sweepIntervalMs: env.SWEEP_INTERVAL_MS,
      sweepOlderThanMs: env.SWEEP_OLDER_THAN_MS,
      receiptDeadlineMs: env.RECEIPT_DEADLINE_MS,
      dispatchTtlMs: env.DISPATCH_TTL_MS,
    },
    /** Ports of pages of metrics; 0 for none. */
    metrics: {
      apiPort: env.METRICS_PORT,
      workerPort: env.WORKER_METRICS_PORT,
      /** The Temporal SDK serves its own. */
      temporalPort: env.TEMPORAL_METRICS_PORT,
    },
    worker: {
      healthPort: env.WORKER_HEALTH_PORT,
      maxConcurrentDispatches: env.WORKER_MAX_DISPATCHES,
      maxCachedWorkflows: env.WORKER_MAX_CACHED_WORKFLOWS,
    },
  } as const;
}

function providerSlice(env: Environment, isProduction: boolean) {
  const kind = env.WHATSAPP_PROVIDER ?? (isProduction ? 'cloud' : 'sandbox');
  const secrets = new Set([...env.WHATSAPP_APP_SECRETS, ...env.WHATSAPP_APP_SECRET]);
  return {
    kind,
    apiUrl: env.WHATSAPP_API_URL ?? defaultApiUrls[kind],
    apiVersion: env.WHATSAPP_API_VERSION,
    timeoutMs: env.PROVIDER_TIMEOUT_MS,
    /** Per channel. */
    sendsPerSecond: env.PROVIDER_SENDS_PER_SECOND,
    connections: env.PROVIDER_CONNECTIONS,
    appSecrets: [...secrets].map((value) => new Secret(value)) as readonly Secret[],
  } as const;
}

/** For a library that takes a setting from the environment only, where the product decides and not who starts it. */
export function setForLibrary(name: string, value: string): void {
  process.env[name] = value;
}
