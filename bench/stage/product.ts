import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { distDir } from '../../scripts/paths.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';
import type { RunningServer } from '../../scripts/servers/server-process.ts';
import type { NodeProgram, Stage } from './stage.ts';

/** The product's programs on a stage, each started when it is asked for. */
export interface Product {
  readonly apiUrl: string;
  readonly sandboxUrl: string;
  /** With which webhooks are signed. */
  readonly appSecret: string;
  readonly mongoUri: string;
  readonly programs: Readonly<Record<'api' | 'worker' | 'sandbox', NodeProgram>>;
  migrate(): Promise<void>;
  start(name: 'api' | 'worker' | 'sandbox'): Promise<RunningServer>;
}

const database = 'bench';

/** A profile is written when the process ends. */
const profileArgs = (dir: string | null, name: string): string[] =>
  dir === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(dir, name)}`];

/** The product as it runs in production, except that the sandbox is the provider and no rate limit holds it back. */
export async function createProduct(stage: Stage, profileDir: string | null = null): Promise<Product> {
  const ports = {
    api: await stage.freePort(),
    worker: await stage.freePort(),
    sandbox: await stage.freePort(),
  };
  const urlOf = (name: keyof typeof ports) => `http://127.0.0.1:${ports[name]}`;
  const secret = () => randomBytes(36).toString('base64url');
  const appSecret = secret();
  const mongoUri = stage.mongoUriOf(database);
  const verifyToken = secret();
  const env = {
    NODE_ENV: 'production',
    SHUTDOWN_GRACE: '4s',
    PORT: String(ports.api),
    WORKER_HEALTH_PORT: String(ports.worker),
    PUBLIC_URL: urlOf('api'),
    MONGODB_URI: mongoUri,
    TEMPORAL_ADDRESS: stage.temporalAddress,
    TEMPORAL_NAMESPACE: stage.namespace,
    JWT_ACCESS_TOKEN_SECRET: secret(),
    JWT_REFRESH_TOKEN_SECRET: secret(),
    CREDENTIALS_KEY: randomBytes(32).toString('base64'),
    WEBHOOK_VERIFY_TOKEN: verifyToken,
    WHATSAPP_APP_SECRETS: appSecret,
    WHATSAPP_PROVIDER: 'sandbox',
    WHATSAPP_API_URL: urlOf('sandbox'),
    PROVIDER_SENDS_PER_SECOND: '10000',
    WEBHOOK_MAX_QUEUED: '100000',
    SANDBOX_PORT: String(ports.sandbox),
    SANDBOX_DATA_DIR: join(stage.folder, 'sandbox'),
    SANDBOX_WEBHOOK_URL: `${urlOf('api')}/webhook/incoming`,
    SANDBOX_APP_SECRET: appSecret,
    SANDBOX_VERIFY_TOKEN: verifyToken,
  };
  const entry = (...path: string[]) => join(distDir, ...path);
  const programs = {
    api: {
      name: 'api',
      args: [...profileArgs(profileDir, 'api'), entry('src', 'bin', 'api.js')],
      readyUrl: `${urlOf('api')}/readyz`,
      env,
    },
    worker: {
      name: 'worker',
      args: [...profileArgs(profileDir, 'worker'), entry('src', 'bin', 'worker.js')],
      readyUrl: `${urlOf('worker')}/readyz`,
      env,
    },
    sandbox: {
      name: 'sandbox',
      args: [entry('sandbox', 'main.js')],
      readyUrl: `${urlOf('sandbox')}/sandbox/health`,
      env,
    },
  };
  return {
    apiUrl: urlOf('api'),
    sandboxUrl: urlOf('sandbox'),
    appSecret,
    mongoUri,
    programs,
    async migrate() {
      const { code, output } = await runCommand(
        process.execPath,
        [entry('src', 'bin', 'migrate.js')],
        120_000,
        env,
      );
      if (code !== 0) throw new Error(`the migrations did not run (${code}):\n${output}`);
    },
    start: (name) => stage.start(programs[name]),
  };
}
