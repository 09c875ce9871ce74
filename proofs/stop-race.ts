import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProject } from '../scripts/build.ts';
import { startCluster } from './chaos/cluster.ts';
import { findBinary } from '../scripts/servers/find.ts';
import { readStopRaceOptions, usage, type StopRaceOptions } from './stop-race/options.ts';
import { formatStopRace } from './stop-race/report.ts';
import { runStopRace } from './stop-race/run.ts';

const log = (line: string) => console.log(line);

async function main(options: StopRaceOptions): Promise<number> {
  log(`seed ${options.seed}: ${options.messages} messages, ${options.stops} of ${options.contacts} stop`);
  await buildProject(log);
  const binaries = {
    mongod: (await findBinary('mongod', log)).path,
    temporal: (await findBinary('temporal', log)).path,
  };
  const folder = await mkdtemp(join(tmpdir(), 'whatsapp-crm-stop-race-'));
  const env = { LOG_LEVEL: 'warn', PROVIDER_SENDS_PER_SECOND: '80' };
  const cluster = await startCluster({ binaries, folder, env, log, isWorkerLate: true });
  try {
    const report = await runStopRace(options, cluster, log);
    log(`\n${formatStopRace(report)}`);
    return report.violations.length === 0 ? 0 : 1;
  } finally {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main(readStopRaceOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  console.error(`\n${usage}`);
  process.exitCode = 1;
}
