import { join } from 'node:path';
import { failPoint, type FailingCommands } from '../faults/fail-command.ts';
import type { TcpProxy } from '../faults/tcp-proxy.ts';
import { startMongod } from '../../scripts/servers/mongod.ts';
import type { Family } from './family.ts';
import { planReplicaSet } from './replica-set.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';
import { stablePort } from './stable-port.ts';

/** The MongoDB of a run: one server, or three that elect a primary and can be cut off. */
export interface ClusterDatabase {
  readonly uri: string;
  start(family: Family): Promise<void>;
  /** The process that takes writes now. */
  primaryName(): Promise<string>;
  /** The network to it; null for a single server. */
  primaryProxy(): Promise<TcpProxy | null>;
  stepDown(): Promise<void>;
  /** Makes some commands fail at the primary, at most for so long; returns how many failed. */
  failCommands(how: FailingCommands, withinMs: number): Promise<number>;
  /** A disk of the server's own; null unless asked for, or where the machine allows none. */
  readonly disk: SmallDisk | null;
  close(): Promise<void>;
}

const databaseName = 'whatsapp_crm_chaos';

interface DatabaseOptions {
  readonly binary: string;
  readonly folder: string;
}

interface SingleOptions extends DatabaseOptions {
  /** With fail points, and on a small disk. */
  readonly canFail: boolean;
}

export async function planSingle({ binary, folder, canFail }: SingleOptions): Promise<ClusterDatabase> {
  const name = 'mongod';
  const port = await stablePort();
  const dataDir = join(folder, name);
  const disk = canFail ? await mountSmallDisk({ folder, mountPoint: dataDir, program: binary }) : null;
  const options = {
    ...{ binary: disk?.program ?? binary, port, dataDir, logFile: join(folder, 'logs', `${name}.log`) },
    ...{ hasFailPoints: canFail, isSmall: canFail },
  };
  return {
    uri: `mongodb://127.0.0.1:${port}/${databaseName}?replicaSet=rs0`,
    start: (family) => family.start({ name, start: (onSpawn) => startMongod({ ...options, onSpawn }) }),
    primaryName: async () => name,
    primaryProxy: async () => null,
    stepDown: () => Promise.reject(new Error('a single server has nobody to step down for')),
    failCommands: () => Promise.reject(new Error('only runs with faults have fail points')),
    disk,
    close: async () => disk?.close(),
  };
}

export async function planThree(options: DatabaseOptions): Promise<ClusterDatabase> {
  const replicaSet = await planReplicaSet(options);
  return {
    uri: `mongodb://${replicaSet.hosts}/${databaseName}?replicaSet=rs0`,
    async start(family) {
      await Promise.all(replicaSet.members.map(({ service }) => family.start(service)));
      await replicaSet.initiate();
    },
    primaryName: async () => (await replicaSet.findPrimary()).name,
    primaryProxy: async () => (await replicaSet.findPrimary()).proxy,
    stepDown: replicaSet.stepDown,
    failCommands: (how, withinMs) => replicaSet.failCommands(failPoint(how, databaseName), withinMs),
    disk: null,
    close: replicaSet.closeProxies,
  };
}
