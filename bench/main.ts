import { buildProject } from '../scripts/build.ts';
import { benchApiReads } from './cases/api-reads.ts';
import { benchCostCounts } from './cases/cost-counts.ts';
import { benchCsvImport } from './cases/csv-import.ts';
import { benchGrowth } from './cases/growth.ts';
import { benchLateReceipts } from './cases/late-receipts.ts';
import { benchLiveEvents } from './cases/live-events.ts';
import { benchPriority } from './cases/priority.ts';
import { benchScaleOut } from './cases/scale-out.ts';
import { benchSendLifecycle } from './cases/send-lifecycle.ts';
import { benchStartIdle } from './cases/start-idle.ts';
import { benchWebhookIngest } from './cases/webhook-ingest.ts';
import { benchWritePaths } from './cases/write-paths.ts';
import { parseOptions, type BenchOptions } from './options.ts';
import type { Log } from './stage/stage.ts';

const benchmarks: Readonly<Record<string, (options: BenchOptions, log: Log) => Promise<void>>> = {
  b1: benchSendLifecycle,
  b3: benchCostCounts,
  b4: benchWebhookIngest,
  b5: benchApiReads,
  b6: benchWritePaths,
  b8: benchGrowth,
  b9: benchScaleOut,
  b10: benchLiveEvents,
  b11: benchLateReceipts,
  b13: benchCsvImport,
  b14: benchStartIdle,
  priority: benchPriority,
};

/** Runs only if named, because its duration depends on the channel's rate limit. */
const onlyByName = new Set(['priority']);

/** Runs the named benchmarks, or all short ones, one after another. */
export async function runBenchmarks(args: readonly string[], log: Log): Promise<void> {
  if (process.platform !== 'linux') throw new Error('The benchmarks read /proc, so they run on Linux only.');
  const options = parseOptions(args);
  const known = Object.keys(benchmarks);
  const unknown = options.names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`Unknown benchmark ${unknown}; valid names are ${known.join(', ')}.`);
  await buildProject(log);
  for (const [name, run] of Object.entries(benchmarks)) {
    if (options.names.length === 0 ? onlyByName.has(name) : !options.names.includes(name)) continue;
    log(`\n== ${name.toUpperCase()}`);
    await run(options, log);
  }
}
