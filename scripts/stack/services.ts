import { join } from 'node:path';
import { loadConfig } from '../../src/app/config.ts';
import { dataDir, distDir } from '../paths.ts';
import { mongodStopMs, startMongod } from '../servers/mongod.ts';
import { portOfUrl } from '../servers/ports.ts';
import { launchServer, waitUntilReady } from '../servers/server-process.ts';
import { startTemporal, temporalStopMs } from '../servers/temporal.ts';
import type { Addresses, Ports, Settings } from './settings.ts';
import type { Service } from './supervise.ts';

/** A service with the time that it may take to stop; after that it is killed. */
export interface StackService extends Service {
  readonly stopTimeoutMs: number;
}

export type ServiceName = 'api' | 'worker' | 'mongod' | 'temporal' | 'sandbox';

export const logsDir = join(dataDir, 'logs');

/** A part of each process's command line that identifies it after its supervisor was killed. */
export const markers: Readonly<Record<ServiceName, string>> = {
  mongod: join(dataDir, 'mongod'),
  temporal: join(dataDir, 'temporal.db'),
  sandbox: join(distDir, 'sandbox', 'main.js'),
  worker: join(distDir, 'src', 'bin', 'worker.js'),
  api: join(distDir, 'src', 'bin', 'api.js'),
};

export function mongodService(binary: string, ports: Ports): StackService {
  return {
    name: 'mongod',
    stopTimeoutMs: mongodStopMs,
    start: (onSpawn) =>
      startMongod({
        binary,
        port: ports.MONGOD_PORT,
        dataDir: markers.mongod,
        logFile: logFileOf('mongod'),
        isSmall: true,
        onSpawn,
      }),
  };
}

export function temporalService(binary: string, ports: Ports, settings: Settings): StackService {
  return {
    name: 'temporal',
    stopTimeoutMs: temporalStopMs,
    start: (onSpawn) =>
      startTemporal({
        binary,
        port: ports.TEMPORAL_PORT,
        uiPort: ports.TEMPORAL_UI_PORT,
        dbFile: markers.temporal,
        namespace: settings.namespace,
        logFile: logFileOf('temporal'),
        onSpawn,
      }),
  };
}

/** What a process needs to close its connections, after the work in progress. */
const closeMs = 5_000;

/** The product's services, in the order in which they stop. */
export function ownServices(addresses: Addresses, env: Readonly<Record<string, string>>) {
  const { shutdownGraceMs } = loadConfig(env).deployment;
  const own = (name: 'api' | 'worker' | 'sandbox', readyUrl: string, stopTimeoutMs: number) => {
    const metrics = name === 'sandbox' ? null : addresses.metrics[name];
    const otherPorts = metrics === null ? [] : [portOfUrl(metrics)];
    return nodeService({ name, entry: markers[name], readyUrl, otherPorts, env, stopTimeoutMs });
  };
  return {
    api: own('api', `${addresses.api}/readyz`, shutdownGraceMs + closeMs),
    worker: own('worker', `${addresses.workerHealth}/readyz`, shutdownGraceMs + closeMs),
    sandbox: own('sandbox', `${addresses.sandbox}/sandbox/health`, 2_000),
  };
}

interface NodeServiceOptions {
  readonly name: string;
  readonly entry: string;
  readonly readyUrl: string;
  /** Further ports on loopback that it listens on. */
  readonly otherPorts?: readonly number[];
  readonly env: Readonly<Record<string, string>>;
  readonly stopTimeoutMs: number;
  readonly logFile?: string;
}

/** A Node program; ready when its URL answers 200. */
export function nodeService(options: NodeServiceOptions): StackService {
  const { name, entry, readyUrl, otherPorts = [], env, stopTimeoutMs } = options;
  const logFile = options.logFile ?? logFileOf(name);
  return {
    name,
    stopTimeoutMs,
    async start(onSpawn) {
      const server = await launchServer({
        name,
        binary: process.execPath,
        args: ['--enable-source-maps', entry],
        address: `${new URL(readyUrl).hostname}:${portOfUrl(readyUrl)}`,
        logFile,
        stopTimeoutMs,
        env,
        onSpawn,
      });
      await waitUntilReady(server, {
        name,
        logFile,
        otherPorts,
        timeoutMs: 60_000,
        probe: () => expectOk(readyUrl),
      });
    },
  };
}

export function logFileOf(name: string): string {
  return join(logsDir, `${name}.log`);
}

async function expectOk(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}: ${text.slice(0, 300)}`);
}
