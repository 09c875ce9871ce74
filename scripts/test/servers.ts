import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { rootDir } from '../paths.ts';
import { findBinary } from '../servers/find.ts';
import { startMongod } from '../servers/mongod.ts';
import { sharedFolder } from '../servers/port-claims.ts';
import { freePort } from '../servers/ports.ts';
import type { RunningServer } from '../servers/server-process.ts';
import { startTemporal } from '../servers/temporal.ts';
import { saveProcesses, stopLeftoversIn } from '../stack/processes.ts';
import { temporaryRoot } from './temporary-root.ts';

export interface TestServers {
  /** Variables that tell the tests where the servers are. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const namespace = 'whatsapp-crm';
const runsDir = join(rootDir, '.cache', 'test-runs');

/** Starts one mongod and one Temporal server for a whole test run; their data is deleted when the run ends. */
export async function startTestServers(log: (line: string) => void): Promise<TestServers> {
  await stopLeftoversIn(runsDir, log);
  const mongod = await findBinary('mongod', log);
  const temporal = await findBinary('temporal', log);
  const timeSkipping = await findBinary('temporal-test-server', log);
  const folder = await mkdtemp(join(await temporaryRoot(), `whatsapp-crm-test-${process.pid}-`));
  const runFile = join(runsDir, `${process.pid}.json`);
  const running: RunningServer[] = [];
  const note = (server: RunningServer) => {
    running.push(server);
    const children = running.map(({ pid }) => ({ name: 'test server', pid, marker: folder }));
    saveProcesses(runFile, {
      supervisor: { name: 'npm test', pid: process.pid, marker: 'scripts/test.ts' },
      children,
    });
  };
  const stop = async () => {
    await Promise.all(running.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
    await rm(runFile, { force: true });
  };
  try {
    const database = await startMongod({
      binary: mongod.path,
      port: await freePort(null, log),
      dataDir: join(folder, 'mongod'),
      logFile: join(folder, 'mongod.log'),
      // The files of a dropped database stay open as long as changes are kept: after sixty test files, 20,000 of them.
      isSmall: true,
      isForTests: true,
      onSpawn: note,
    });
    const server = await startTemporal({
      binary: temporal.path,
      port: await freePort(null, log),
      uiPort: await freePort(null, log),
      dbFile: join(folder, 'temporal.db'),
      namespace,
      logFile: join(folder, 'temporal.log'),
      isForTests: true,
      onSpawn: note,
    });
    log(`mongod on ${database.address}, Temporal on ${server.address}`);
    return {
      env: {
        TMPDIR: folder,
        PORT_CLAIMS_FOLDER: sharedFolder(),
        TEST_MONGODB_URI: database.uri,
        TEST_TEMPORAL_ADDRESS: server.address,
        TEST_TEMPORAL_NAMESPACE: namespace,
        TEST_MONGOD_BINARY: mongod.path,
        TEST_TEMPORAL_BINARY: temporal.path,
        TEST_TIME_SKIPPING_BINARY: timeSkipping.path,
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
