import { buildProject } from '../scripts/build.ts';
import { readOptions, usage, type ChaosOptions } from './chaos/options.ts';
import { formatReport } from './chaos/report.ts';
import { runChaos } from './chaos/run.ts';
import { findBinary } from '../scripts/servers/find.ts';

const log = (line: string) => console.log(line);

async function main(options: ChaosOptions): Promise<number> {
  log(`seed ${options.seed}: ${options.messages} messages, ${options.kills} kills, ${options.faults} faults`);
  await buildProject(log);
  const binaries = {
    mongod: (await findBinary('mongod', log)).path,
    temporal: (await findBinary('temporal', log)).path,
  };
  const report = await runChaos(options, { binaries, log, keepsFolder: true });
  log(`\n${formatReport(report)}`);
  return report.violations.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  console.error(`\n${usage}`);
  process.exitCode = 1;
}
