import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDir } from '../paths.ts';
import { writeFileAtomically } from './files.ts';
import { saveProcesses, type KnownProcess } from './processes.ts';
import { logFileOf, logsDir, markers, type ServiceName, type StackService } from './services.ts';
import { keepLogSmall, rotateLog, watchLog } from './log-watch.ts';
import type { Pids, StackFile } from './stack-file.ts';
import { supervise, type Supervised } from './supervise.ts';

const stackFile = join(dataDir, 'stack.json');
/** Services are killed one by one when their time is over; this is for one that does not even end then. */
const stopMarginMs = 2_000;
const stopOrder: readonly ServiceName[] = ['api', 'worker', 'sandbox', 'temporal', 'mongod'];

export interface Stack {
  /** Starts a service under supervision and waits until it is ready. */
  start(name: ServiceName, service: StackService): Promise<void>;
  /** Writes .data/stack.json, and rewrites it whenever a process id changes. */
  publish(content: Omit<StackFile, 'pids'>): void;
  pids(): Pids;
  /** Stops everything in order: each service has its time, and is killed after it. */
  stop(): Promise<void>;
}

/** The time in which services that stop one after the other are certainly down. */
export const stopDeadlineOf = (services: Iterable<Pick<StackService, 'stopTimeoutMs'>>): number =>
  [...services].reduce((sum, { stopTimeoutMs }) => sum + stopTimeoutMs, stopMarginMs);

type Running = Map<ServiceName, { readonly supervised: Supervised; readonly stopTimeoutMs: number }>;

async function stopAll(services: Running, log: (line: string) => void): Promise<void> {
  const deadline = setTimeout(() => {
    log(`stopping took too long; killing the remaining processes, see ${logsDir}`);
    for (const { supervised } of services.values()) supervised.kill();
  }, stopDeadlineOf(services.values()));
  for (const name of stopOrder) {
    const service = services.get(name);
    if (service === undefined) continue;
    const startedAt = performance.now();
    await service.supervised.stop();
    log(`${name} stopped (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  }
  clearTimeout(deadline);
}

/** All processes of one `npm start`: supervised, recorded in a file, and stopped in order. */
export function createStack(
  processFile: string,
  supervisor: KnownProcess,
  log: (line: string) => void,
): Stack {
  const services: Running = new Map();
  const pids = new Map<ServiceName, number>();
  const stopWatching: (() => void)[] = [];
  let published: Omit<StackFile, 'pids'> | null = null;
  let isStopping = false;

  const currentPids = (): Pids => ({
    api: pids.get('api') ?? null,
    worker: pids.get('worker') ?? null,
    mongod: pids.get('mongod') ?? null,
    temporal: pids.get('temporal') ?? null,
    sandbox: pids.get('sandbox') ?? null,
  });

  const save = () => {
    const children = [...pids].map(([name, pid]) => {
      const stopTimeoutMs = services.get(name)?.stopTimeoutMs;
      return { name, pid, marker: markers[name], ...(stopTimeoutMs === undefined ? {} : { stopTimeoutMs }) };
    });
    saveProcesses(processFile, { supervisor, children });
    if (published === null || isStopping) return;
    // It contains the password of the demo client.
    writeFileAtomically(
      stackFile,
      `${JSON.stringify({ ...published, pids: currentPids() }, null, 2)}\n`,
      0o600,
    );
  };

  return {
    pids: currentPids,
    async start(name, service) {
      await rotateLog(logFileOf(name));
      if (name !== 'mongod' && name !== 'temporal') {
        stopWatching.push(await watchLog(logFileOf(name), (line) => log(`${name}: ${line}`)));
      }
      stopWatching.push(keepLogSmall(logFileOf(name), log));
      if (isStopping) throw new Error('stopping');
      const onPid = (pid: number) => {
        pids.set(name, pid);
        save();
      };
      const supervised = supervise(service, { log, onPid });
      services.set(name, { supervised, stopTimeoutMs: service.stopTimeoutMs });
      await supervised.ready;
    },
    publish(content) {
      published = content;
      save();
    },
    async stop() {
      isStopping = true;
      for (const stop of stopWatching) stop();
      await rm(stackFile, { force: true });
      await stopAll(services, log);
      await rm(processFile, { force: true });
    },
  };
}
