import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { findBinary } from '../../scripts/servers/find.ts';
import { startMongod } from '../../scripts/servers/mongod.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import { launchServer, waitUntilReady, type RunningServer } from '../../scripts/servers/server-process.ts';
import { startTemporal } from '../../scripts/servers/temporal.ts';
import { saveProcesses, stopLeftoversIn } from '../../scripts/stack/processes.ts';

export type Log = (line: string) => void;

export interface NodeProgram {
  readonly name: string;
  /** The arguments after `node`. */
  readonly args: readonly string[];
  /** Answers 200 when the program is ready. */
  readonly readyUrl: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The stage's own servers, whose data is deleted when the benchmark ends, and the programs started on them. */
export interface Stage {
  readonly folder: string;
  readonly namespace: string;
  /** Without a database name. */
  readonly mongoUri: string;
  readonly temporalAddress: string;
  /** The Temporal server's counters in Prometheus' format. */
  readonly temporalMetricsUrl: string;
  readonly pids: { readonly mongod: number; readonly temporal: number };
  freePort(): Promise<number>;
  /** Starts a Node program and waits until it is ready. */
  start(program: NodeProgram): Promise<RunningServer>;
  /** Starts a Node program without waiting for it. */
  spawn(program: NodeProgram): Promise<RunningServer>;
  mongoUriOf(database: string): string;
  stop(): Promise<void>;
}

const namespace = 'whatsapp-crm';
const runsDir = join(rootDir, '.cache', 'bench-runs');
const readyTimeoutMs = 60_000;

const stages = new Set<() => Promise<void>>();

/** Stops everything that runs when a benchmark is interrupted. */
export async function stopAllStages(): Promise<void> {
  await Promise.all([...stages].map((stop) => stop()));
}

export async function createStage(log: Log): Promise<Stage> {
  await stopLeftoversIn(runsDir, log);
  const mongodBinary = await findBinary('mongod', log);
  const temporalBinary = await findBinary('temporal', log);
  const folder = await mkdtemp(join(tmpdir(), 'whatsapp-crm-bench-'));
  const crew = createCrew(folder);
  stages.add(crew.stop);
  const port = () => freePort(null, log);
  try {
    const mongod = await startMongod({
      binary: mongodBinary.path,
      port: await port(),
      dataDir: join(folder, 'mongod'),
      logFile: join(folder, 'mongod.log'),
      onSpawn: crew.add,
    });
    const metricsPort = await port();
    const temporal = await startTemporal({
      binary: temporalBinary.path,
      port: await port(),
      uiPort: await port(),
      metricsPort,
      dbFile: join(folder, 'temporal.db'),
      namespace,
      logFile: join(folder, 'temporal.log'),
      onSpawn: crew.add,
    });
    const spawn = (program: NodeProgram) => spawnNode(program, { folder, onSpawn: crew.add });
    return {
      folder,
      namespace,
      mongoUri: mongod.uri,
      temporalAddress: temporal.address,
      temporalMetricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
      pids: { mongod: mongod.pid, temporal: temporal.pid },
      freePort: port,
      spawn,
      async start(program) {
        const server = await spawn(program);
        await waitUntilReady(server, {
          name: program.name,
          logFile: logFileOf(folder, program),
          timeoutMs: readyTimeoutMs,
          probe: () => expectOk(program.readyUrl),
        });
        return server;
      },
      mongoUriOf: (database) => mongod.uri.replace('/?', `/${database}?`),
      stop: crew.stop,
    };
  } catch (error) {
    await crew.stop();
    throw error;
  }
}

/** Records every started process, so that the next run can stop what a killed run left behind. */
function createCrew(folder: string) {
  const runFile = join(runsDir, `${process.pid}.json`);
  const running: RunningServer[] = [];
  return {
    add(server: RunningServer): void {
      running.push(server);
      saveProcesses(runFile, {
        supervisor: { name: 'npm run bench', pid: process.pid, marker: 'bench.ts' },
        // Every program of the benchmark has the folder, or for Node programs its marker, in its command line.
        children: running.map(({ pid }) => ({ name: 'bench process', pid, marker: folder })),
      });
    },
    async stop(): Promise<void> {
      for (const server of running.toReversed()) await server.stop();
      await rm(folder, { recursive: true, force: true });
      await rm(runFile, { force: true });
    },
  };
}

const logFileOf = (folder: string, { name }: NodeProgram): string => join(folder, `${name}.log`);

function spawnNode(
  program: NodeProgram,
  { folder, onSpawn }: { folder: string; onSpawn: (server: RunningServer) => void },
): Promise<RunningServer> {
  return launchServer({
    name: program.name,
    binary: process.execPath,
    // Only a marker in the command line; Node ignores the title.
    args: [`--title=${folder}`, ...program.args],
    address: new URL(program.readyUrl).host,
    logFile: logFileOf(folder, program),
    stopTimeoutMs: 15_000,
    env: program.env ?? {},
    onSpawn,
  });
}

async function expectOk(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}`);
}
