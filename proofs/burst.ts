import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProject } from '../scripts/build.ts';
import { readBurstOptions, usage, type BurstOptions } from './burst/options.ts';
import { formatBurst } from './burst/report.ts';
import { runBurst } from './burst/run.ts';
import { startCluster } from './chaos/cluster.ts';
import { findBinary } from '../scripts/servers/find.ts';

const log = (line: string) => console.log(line);

async function main(options: BurstOptions): Promise<number> {
  log(`seed ${options.seed}: ${options.receipts} receipts`);
  await buildProject(log);
  const binaries = {
    mongod: (await findBinary('mongod', log)).path,
    temporal: (await findBinary('temporal', log)).path,
  };
  const folder = await mkdtemp(join(tmpdir(), 'whatsapp-crm-burst-'));
  const env = { LOG_LEVEL: 'warn', PROVIDER_SENDS_PER_SECOND: '300' };
  const cluster = await startCluster({ binaries, folder, env, log });
  try {
    const report = await runBurst(options, cluster, log);
    log(`\n${formatBurst(report)}`);
    return report.violations.length === 0 ? 0 : 1;
  } finally {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main(readBurstOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  console.error(`\n${usage}`);
  process.exitCode = 1;
}
