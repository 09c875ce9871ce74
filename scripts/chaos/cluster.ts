import { join } from 'node:path';
import { startMongod } from '../servers/mongod.ts';
import { startTemporal } from '../servers/temporal.ts';
import { supervise, type Service, type Supervised } from '../stack/supervise.ts';
import { planCrm } from './crm-processes.ts';
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
}

/** The whole product with its servers, each process started again whenever it dies. */
export interface Cluster {
  readonly apiUrl: string;
  readonly sandboxUrl: string;
  readonly mongodbUri: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  /** What the sandbox signs its webhooks with. */
  readonly appSecret: string;
  /** kill -9; waits for the process to be there first, if it is just being started again. */
  kill(target: KillTarget): Promise<void>;
  stop(): Promise<void>;
}

type ProcessName = KillTarget | 'sandbox';

const namespace = 'whatsapp-crm';
const database = 'whatsapp_crm_chaos';
const stopOrder: readonly ProcessName[] = ['api', 'worker', 'sandbox', 'temporal', 'mongod'];
const firstDelayMs = 200;

export async function startCluster({ binaries, folder, env, log }: ClusterOptions): Promise<Cluster> {
  const mongodPort = await stablePort();
  const temporalPort = await stablePort();
  const mongodbUri = `mongodb://127.0.0.1:${mongodPort}/${database}?replicaSet=rs0`;
  const temporalAddress = `127.0.0.1:${temporalPort}`;
  const crm = await planCrm({ folder, mongodbUri, temporalAddress, namespace, env });
  const family = createFamily(log);
  try {
    await Promise.all([
      family.start('mongod', mongodService(binaries.mongod, folder, mongodPort)),
      family.start('temporal', await temporalService(binaries.temporal, folder, temporalPort)),
    ]);
    await crm.migrate();
    await family.start('sandbox', crm.sandbox());
    await Promise.all([
      family.start('api', crm.api('healthz')),
      family.start('worker', crm.worker('healthz')),
    ]);
  } catch (error) {
    await family.stop();
    throw error;
  }
  return {
    apiUrl: crm.apiUrl,
    sandboxUrl: crm.sandboxUrl,
    mongodbUri,
    temporalAddress,
    namespace,
    appSecret: crm.env['SANDBOX_APP_SECRET'] ?? '',
    kill: family.kill,
    stop: family.stop,
  };
}

/** Supervised processes by name, with what is needed to kill each of them. */
function createFamily(log: (line: string) => void) {
  const members = new Map<ProcessName, Supervised>();
  const alive = new Map<ProcessName, () => void>();
  return {
    async start(name: ProcessName, service: Service): Promise<void> {
      // The supervisor tells the id only; what can be killed is caught on its way there.
      const watched: Service = {
        name,
        start: (onSpawn) =>
          service.start((spawned) => {
            alive.set(name, () => spawned.kill());
            void spawned.exited.then(() => alive.delete(name));
            onSpawn(spawned);
          }),
      };
      const member = supervise(watched, { log, onPid: () => undefined, firstDelayMs });
      members.set(name, member);
      await member.ready;
    },
    async kill(target: KillTarget): Promise<void> {
      for (;;) {
        const end = alive.get(target);
        if (end !== undefined) return end();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async stop(): Promise<void> {
      for (const name of stopOrder) await members.get(name)?.stop();
    },
  };
}

const mongodService = (binary: string, folder: string, port: number): Service => ({
  name: 'mongod',
  start: (onSpawn) =>
    startMongod({
      binary,
      port,
      dataDir: join(folder, 'mongod'),
      logFile: join(folder, 'logs', 'mongod.log'),
      onSpawn,
    }),
});

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
