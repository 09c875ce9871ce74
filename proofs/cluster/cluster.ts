import { startTcpProxy, type TcpProxy } from '../faults/tcp-proxy.ts';
import type { Log } from '../shared/log.ts';
import { planCrm } from './crm-processes.ts';
import { planSingle, planThree, type ClusterDatabase } from './database.ts';
import { createFamily } from './family.ts';
import { stablePort } from './stable-port.ts';
import type { LinkName, PauseTarget } from './targets.ts';
import { planTemporal } from './temporal.ts';

export interface Binaries {
  readonly mongod: string;
  readonly temporal: string;
}

export interface ClusterOptions {
  readonly binaries: Binaries;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: Log;
  /** Three database servers, and a network to them and to the provider that can fail. */
  readonly hasFaults?: boolean;
  /** The worker starts only with `startWorker`. */
  readonly isWorkerLate?: boolean;
  readonly hasSecondWorker?: boolean;
  /** Settings of the second API and worker alone. */
  readonly secondEnv?: Readonly<Record<string, string>>;
  /** The single database server has fail points, and a disk of its own that can be filled where the machine allows that. */
  readonly canDatabaseFail?: boolean;
}

/** The whole product with its servers, each process started again whenever it dies. */
export interface Cluster {
  readonly apiUrl: string;
  /** Of the API that `startSecond` starts. */
  readonly secondApiUrl: string;
  /** Bypasses the network that can fail. */
  readonly sandboxUrl: string;
  /** With the database's name. */
  readonly mongodbUri: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  /** The sandbox signs its webhooks with it. */
  readonly appSecret: string;
  /** Only with `isWorkerLate`. */
  startWorker(): Promise<void>;
  /** A second API and a second worker. */
  startSecond(): Promise<void>;
  /** kill -9; of the database the primary. Waits for a process that is being started again. */
  kill(target: PauseTarget): Promise<void>;
  /** Waits until a process is ready, also after it was killed. */
  untilReady(target: PauseTarget): Promise<void>;
  /** Freezes a process, of the database the primary; returns what resumes it. */
  pause(target: PauseTarget): Promise<() => void>;
  stepDown(): Promise<void>;
  /** Only with `hasFaults`. */
  readonly failCommands: ClusterDatabase['failCommands'];
  /** Only with `canDatabaseFail`; null where the machine allows none. */
  readonly disk: ClusterDatabase['disk'];
  /** Only with `hasFaults`. */
  link(name: LinkName): Promise<TcpProxy>;
  stop(): Promise<void>;
}

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { binaries, folder, env, log, hasFaults = false, isWorkerLate = false } = options;
  const { hasSecondWorker = false, canDatabaseFail = false, secondEnv } = options;
  const database = hasFaults
    ? await planThree({ binary: binaries.mongod, folder })
    : await planSingle({ binary: binaries.mongod, folder, canFail: canDatabaseFail });
  const temporal = await planTemporal({ binary: binaries.temporal, folder });
  const providerLink = hasFaults
    ? await startTcpProxy(await stablePort(), () => portOf(crm.sandboxUrl))
    : null;
  const crm = await planCrm({
    folder,
    mongodbUri: database.uri,
    temporalAddress: temporal.address,
    namespace: temporal.namespace,
    env: {
      ...env,
      ...(providerLink === null ? {} : { WHATSAPP_API_URL: `http://127.0.0.1:${providerLink.port}` }),
    },
    ...(secondEnv === undefined ? {} : { secondEnv }),
  });
  const family = createFamily(log);
  const startWorker = () => family.start(crm.worker('healthz'));
  const stop = async () => {
    await family.stop();
    await database.close();
    await providerLink?.close();
  };
  try {
    await Promise.all([database.start(family), family.start(temporal.service)]);
    await crm.migrate();
    await family.start(crm.sandbox());
    await Promise.all([isWorkerLate ? undefined : startWorker(), family.start(crm.api('healthz'))]);
    if (hasSecondWorker) await family.start(crm.secondWorker());
  } catch (error) {
    await stop();
    throw error;
  }
  const nameOf = async (target: PauseTarget) => (target === 'mongod' ? database.primaryName() : target);
  return {
    apiUrl: crm.apiUrl,
    secondApiUrl: crm.secondApiUrl,
    sandboxUrl: crm.sandboxUrl,
    mongodbUri: database.uri,
    temporalAddress: temporal.address,
    namespace: temporal.namespace,
    appSecret: crm.env['SANDBOX_APP_SECRET'] ?? '',
    startWorker,
    async startSecond() {
      await Promise.all([family.start(crm.secondApi()), family.start(crm.secondWorker())]);
    },
    kill: async (target) => family.kill(await nameOf(target)),
    untilReady: async (target) => family.untilReady(await nameOf(target)),
    pause: async (target) => family.pause(await nameOf(target)),
    stepDown: database.stepDown,
    failCommands: database.failCommands,
    disk: database.disk,
    async link(name) {
      const proxy = name === 'provider' ? providerLink : await database.primaryProxy();
      if (proxy === null) throw new Error('this run has no network that can fail');
      return proxy;
    },
    stop,
  };
}

const portOf = (url: string): number => Number(new URL(url).port);
