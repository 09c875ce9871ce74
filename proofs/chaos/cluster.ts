import { join } from 'node:path';
import { startTcpProxy, type TcpProxy } from '../faults/tcp-proxy.ts';
import { startTemporal } from '../../scripts/servers/temporal.ts';
import type { Service } from '../../scripts/stack/supervise.ts';
import { planCrm } from './crm-processes.ts';
import { planSingle, planThree, type ChaosDatabase } from './database.ts';
import { createFamily } from './family.ts';
import type { LinkName } from './fault-plan.ts';
import type { KillTarget } from './plan.ts';
import { stablePort } from './stable-port.ts';

export interface Binaries {
  readonly mongod: string;
  readonly temporal: string;
}

export interface ClusterOptions {
  readonly binaries: Binaries;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  /** Three database servers, and a network to them and to the provider that can fail. */
  readonly hasFaults?: boolean;
  /** The worker is started by hand. */
  readonly isWorkerLate?: boolean;
}

/** The whole product with its servers, each process started again whenever it dies. */
export interface Cluster {
  readonly apiUrl: string;
  /** Past the network that can fail. */
  readonly sandboxUrl: string;
  readonly mongodbUri: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  /** What the sandbox signs its webhooks with. */
  readonly appSecret: string;
  /** Only with `isWorkerLate`. */
  startWorker(): Promise<void>;
  /** kill -9; of the database the primary. Waits for the process to be there, if it is just being started again. */
  kill(target: KillTarget): Promise<void>;
  /** Freezes a process, of the database the primary; answers what lets it go on. */
  pause(target: KillTarget): Promise<() => void>;
  stepDown(): Promise<void>;
  /** Only with `hasFaults`. */
  readonly failCommands: ChaosDatabase['failCommands'];
  /** Only with `hasFaults`. */
  link(name: LinkName): Promise<TcpProxy>;
  stop(): Promise<void>;
}

const namespace = 'whatsapp-crm';

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { binaries, folder, env, log, hasFaults = false, isWorkerLate = false } = options;
  const database = await (hasFaults ? planThree : planSingle)({ binary: binaries.mongod, folder });
  const temporalPort = await stablePort();
  const temporalAddress = `127.0.0.1:${temporalPort}`;
  const providerLink = hasFaults
    ? await startTcpProxy(await stablePort(), () => portOf(crm.sandboxUrl))
    : null;
  const crm = await planCrm({
    folder,
    mongodbUri: database.uri,
    temporalAddress,
    namespace,
    env: {
      ...env,
      ...(providerLink === null ? {} : { WHATSAPP_API_URL: `http://127.0.0.1:${providerLink.port}` }),
    },
  });
  const family = createFamily(log);
  const startWorker = () => family.start(crm.worker('healthz'));
  const stop = async () => {
    await family.stop();
    await database.close();
    await providerLink?.close();
  };
  try {
    const temporal = await temporalService(binaries.temporal, folder, temporalPort);
    await Promise.all([database.start(family), family.start(temporal)]);
    await crm.migrate();
    await family.start(crm.sandbox());
    await Promise.all([isWorkerLate ? undefined : startWorker(), family.start(crm.api('healthz'))]);
  } catch (error) {
    await stop();
    throw error;
  }
  const nameOf = async (target: KillTarget) => (target === 'mongod' ? database.primaryName() : target);
  return {
    apiUrl: crm.apiUrl,
    sandboxUrl: crm.sandboxUrl,
    mongodbUri: database.uri,
    temporalAddress,
    namespace,
    appSecret: crm.env['SANDBOX_APP_SECRET'] ?? '',
    startWorker,
    kill: async (target) => family.kill(await nameOf(target)),
    pause: async (target) => family.pause(await nameOf(target)),
    stepDown: database.stepDown,
    failCommands: database.failCommands,
    async link(name) {
      const proxy = name === 'provider' ? providerLink : await database.primaryProxy();
      if (proxy === null) throw new Error('this run has no network that can fail');
      return proxy;
    },
    stop,
  };
}

const portOf = (url: string): number => Number(new URL(url).port);

async function temporalService(binary: string, folder: string, port: number): Promise<Service> {
  const uiPort = await stablePort();
  const metricsPort = await stablePort();
  return {
    name: 'temporal',
    start: (onSpawn) =>
      startTemporal({
        binary,
        port,
        uiPort,
        metricsPort,
        namespace,
        dbFile: join(folder, 'temporal.db'),
        logFile: join(folder, 'logs', 'temporal.log'),
        onSpawn,
      }),
  };
}
