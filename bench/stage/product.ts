import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { distDir } from '../../scripts/paths.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';
import type { RunningServer } from '../../scripts/servers/server-process.ts';
import type { NodeProgram, Stage } from './stage.ts';

type ProgramName = 'api' | 'worker' | 'sandbox';
type Urls = Readonly<Record<ProgramName, string>>;

/** The product's programs on a stage, each started on demand. */
export interface Product {
  readonly apiUrl: string;
  readonly sandboxUrl: string;
  /** The secret that signs webhooks. */
  readonly appSecret: string;
  readonly mongoUri: string;
  readonly programs: Readonly<Record<ProgramName, NodeProgram>>;
  migrate(): Promise<void>;
  /** `env` changes the program's environment for this start only. */
  start(name: ProgramName, env?: Environment): Promise<RunningServer>;
  /** Starts another process of the same program beside the first; also returns its address. */
  startAnother(name: 'api' | 'worker'): Promise<RunningServer & { readonly url: string }>;
}

type Environment = Readonly<Record<string, string>>;

export interface ProductOptions {
  readonly profileDir?: string | null;
  /** Overrides for the environment of all programs. */
  readonly env?: Environment;
}

const portVariables = { api: 'PORT', worker: 'WORKER_HEALTH_PORT' } as const;

const database = 'bench';
const migrationTimeoutMs = 120_000;

/** The product as in production, except that the sandbox is the provider and there is no rate limit. */
export async function createProduct(
  stage: Stage,
  { profileDir = null, env: changes = {} }: ProductOptions = {},
): Promise<Product> {
  const local = async () => `http://127.0.0.1:${await stage.freePort()}`;
  const urls: Urls = { api: await local(), worker: await local(), sandbox: await local() };
  const mongoUri = stage.mongoUriOf(database);
  const appSecret = newSecret();
  const env = { ...toEnvironment(stage, urls, { mongoUri, appSecret }), ...changes };
  const node = (name: ProgramName, path: string, readyPath: string): NodeProgram => ({
    name,
    args: [...profileArgs(name === 'sandbox' ? null : profileDir, name), join(distDir, path)],
    readyUrl: `${urls[name]}${readyPath}`,
    env,
  });
  const programs = {
    api: node('api', 'src/bin/api.js', '/readyz'),
    worker: node('worker', 'src/bin/worker.js', '/readyz'),
    sandbox: node('sandbox', 'sandbox/main.js', '/sandbox/health'),
  };
  return {
    apiUrl: urls.api,
    sandboxUrl: urls.sandbox,
    appSecret,
    mongoUri,
    programs,
    async migrate() {
      const entry = join(distDir, 'src/bin/migrate.js');
      const { code, output } = await runCommand(process.execPath, [entry], migrationTimeoutMs, env);
      if (code !== 0) throw new Error(`the migrations did not run (${code}):\n${output}`);
    },
    start: (name, own = {}) => stage.start({ ...programs[name], env: { ...env, ...own } }),
    async startAnother(name) {
      const url = await local();
      const server = await stage.start({
        ...programs[name],
        name: `another-${name}`,
        readyUrl: `${url}/readyz`,
        env: { ...env, [portVariables[name]]: new URL(url).port },
      });
      return { ...server, url };
    },
  };
}

function toEnvironment(
  stage: Stage,
  urls: Urls,
  { mongoUri, appSecret }: { mongoUri: string; appSecret: string },
): Record<string, string> {
  const portOf = (url: string) => new URL(url).port;
  const verifyToken = newSecret();
  return {
    NODE_ENV: 'production',
    SHUTDOWN_GRACE: '4s',
    PORT: portOf(urls.api),
    WORKER_HEALTH_PORT: portOf(urls.worker),
    METRICS_PORT: '0',
    WORKER_METRICS_PORT: '0',
    PUBLIC_URL: urls.api,
    // Everything runs on this host, and no message leaves it.
    INSECURE_SETTINGS: 'PUBLIC_URL,MONGODB_URI,TEMPORAL_TLS,SMTP_URL,WHATSAPP_PROVIDER,WHATSAPP_API_URL',
    MONGODB_URI: mongoUri,
    TEMPORAL_ADDRESS: stage.temporalAddress,
    TEMPORAL_NAMESPACE: stage.namespace,
    JWT_ACCESS_TOKEN_SECRET: newSecret(),
    JWT_REFRESH_TOKEN_SECRET: newSecret(),
    CREDENTIALS_KEY: randomBytes(32).toString('base64'),
    WEBHOOK_VERIFY_TOKEN: verifyToken,
    WHATSAPP_APP_SECRETS: appSecret,
    RATE_LIMIT_PER_MINUTE: '0',
    SMTP_URL: 'smtp://127.0.0.1:9',
    MAIL_FROM: 'bench@example.com',
    WHATSAPP_PROVIDER: 'sandbox',
    WHATSAPP_API_URL: urls.sandbox,
    PROVIDER_SENDS_PER_SECOND: '10000',
    MEDIA_DIR: join(stage.folder, 'media'),
    SANDBOX_PORT: portOf(urls.sandbox),
    SANDBOX_DATA_DIR: join(stage.folder, 'sandbox'),
    SANDBOX_WEBHOOK_URL: `${urls.api}/webhook/incoming`,
    SANDBOX_APP_SECRET: appSecret,
    SANDBOX_VERIFY_TOKEN: verifyToken,
  };
}

const newSecret = (): string => randomBytes(36).toString('base64url');

/** A profile is written when the process ends. */
const profileArgs = (dir: string | null, name: string): string[] =>
  dir === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(dir, name)}`];
