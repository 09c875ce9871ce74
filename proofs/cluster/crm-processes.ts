import { join } from 'node:path';
import { distDir } from '../../scripts/paths.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';
import { loadSecrets } from '../../scripts/stack/secrets.ts';
import { nodeService } from '../../scripts/stack/services.ts';
import type { Service } from '../../scripts/stack/supervise.ts';
import { stablePort } from './stable-port.ts';

export interface CrmOptions {
  /** Secrets, the sandbox's ledger and the logs are kept here. */
  readonly folder: string;
  /** With the database's name. */
  readonly mongodbUri: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  /** Settings of the product that differ from its defaults. */
  readonly env?: Readonly<Record<string, string>>;
  /** The same of the second API and worker alone. */
  readonly secondEnv?: Readonly<Record<string, string>>;
}

/** `readyz` waits until all dependencies work; `healthz` until the process listens. */
export type ReadyWhen = 'readyz' | 'healthz';

/** The product's own processes from dist/, on ports of their own. Nothing is started yet. */
export interface CrmProcesses {
  readonly apiUrl: string;
  readonly secondApiUrl: string;
  readonly sandboxUrl: string;
  readonly env: Readonly<Record<string, string>>;
  logFileOf(name: string): string;
  api(ready?: ReadyWhen): Service;
  worker(ready?: ReadyWhen): Service;
  /** Each runs beside the first one. */
  secondApi(): Service;
  secondWorker(): Service;
  sandbox(): Service;
  migrate(): Promise<void>;
}

const stopTimeoutMs = 8_000;

export async function planCrm(options: CrmOptions): Promise<CrmProcesses> {
  const { folder, secondEnv = {} } = options;
  const [apiPort, workerPort, sandboxPort] = [await stablePort(), await stablePort(), await stablePort()];
  const [secondApiPort, secondWorkerPort] = [await stablePort(), await stablePort()];
  const urlOf = (port: number) => `http://127.0.0.1:${port}`;
  const env = toEnv(options, { apiPort, workerPort, sandboxPort });
  const logFileOf = (name: string) => join(folder, 'logs', `${name}.log`);
  const service = (name: string, entry: string, readyUrl: string, own: Record<string, string> = {}) =>
    nodeService({
      name,
      entry: join(distDir, entry),
      readyUrl,
      env: { ...env, ...own },
      stopTimeoutMs,
      logFile: logFileOf(name),
    });
  return {
    apiUrl: urlOf(apiPort),
    secondApiUrl: urlOf(secondApiPort),
    sandboxUrl: urlOf(sandboxPort),
    env,
    logFileOf,
    api: (ready = 'readyz') => service('api', 'src/bin/api.js', `${urlOf(apiPort)}/${ready}`),
    worker: (ready = 'readyz') => service('worker', 'src/bin/worker.js', `${urlOf(workerPort)}/${ready}`),
    secondApi: () =>
      service('second-api', 'src/bin/api.js', `${urlOf(secondApiPort)}/readyz`, {
        PORT: String(secondApiPort),
        ...secondEnv,
      }),
    secondWorker: () =>
      service('second-worker', 'src/bin/worker.js', `${urlOf(secondWorkerPort)}/readyz`, {
        WORKER_HEALTH_PORT: String(secondWorkerPort),
        ...secondEnv,
      }),
    sandbox: () => service('sandbox', 'sandbox/main.js', `${urlOf(sandboxPort)}/sandbox/health`),
    async migrate() {
      const entry = join(distDir, 'src', 'bin', 'migrate.js');
      const { code, output } = await runCommand(process.execPath, [entry], 60_000, env);
      if (code !== 0) throw new Error(`the migrations failed (${code}):\n${output.slice(-3_000)}`);
    },
  };
}

interface CrmPorts {
  readonly apiPort: number;
  readonly workerPort: number;
  readonly sandboxPort: number;
}

/** Takes only PATH from the caller's environment: a run must not depend on a developer's exports. */
function toEnv(options: CrmOptions, { apiPort, workerPort, sandboxPort }: CrmPorts): Record<string, string> {
  const { SANDBOX_APP_SECRET, ...secrets } = loadSecrets(join(options.folder, 'secrets.json'), {});
  return {
    PATH: process.env['PATH'] ?? '',
    NODE_ENV: 'test',
    LOG_LEVEL: 'info',
    SHUTDOWN_GRACE: '4s',
    HOST: '127.0.0.1',
    PORT: String(apiPort),
    WORKER_HEALTH_PORT: String(workerPort),
    METRICS_PORT: '0',
    WORKER_METRICS_PORT: '0',
    MONGODB_URI: options.mongodbUri,
    TEMPORAL_ADDRESS: options.temporalAddress,
    TEMPORAL_NAMESPACE: options.namespace,
    ...secrets,
    WHATSAPP_PROVIDER: 'sandbox',
    WHATSAPP_API_URL: `http://127.0.0.1:${sandboxPort}`,
    MEDIA_DIR: join(options.folder, 'media'),
    MEDIA_MIN_FREE_MIB: '0',
    // Nobody listens: the mails of a run must not reach the catcher of a stack that runs beside it.
    SMTP_URL: 'smtp://127.0.0.1:9',
    SANDBOX_PORT: String(sandboxPort),
    SANDBOX_DATA_DIR: join(options.folder, 'sandbox'),
    SANDBOX_WEBHOOK_URL: `http://127.0.0.1:${apiPort}/webhook/incoming`,
    SANDBOX_VERIFY_TOKEN: secrets.WEBHOOK_VERIFY_TOKEN,
    SANDBOX_APP_SECRET,
    RATE_LIMIT_PER_MINUTE: '0',
    ...options.env,
  };
}
