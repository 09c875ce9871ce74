import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProject } from './build.ts';
import { rootDir } from './paths.ts';
import { checkCoverage } from './test/coverage.ts';
import { selectFiles, type Selection } from './test/files.ts';
import {
  addUp,
  printFailures,
  printLeftOut,
  printResult,
  printSlowest,
  printUnstable,
} from './test/report.ts';
import { runFailedAlone } from './test/second-run.ts';
import { startTestServers, type TestServers } from './test/servers.ts';
import { runShards } from './test/shards.ts';

/** More shards would wait for the MongoDB and Temporal servers that they share. */
const maxShards = 4;
const minShards = 3;

const log = (line: string) => console.log(line);
const extra = process.argv.slice(2).filter((arg, index) => index > 0 || arg !== '--');
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interruption.abort());
}

const outcome = await runAll();
for (const problem of outcome.problems) log(`FAILED: ${problem}`);
process.exitCode = outcome.failed === 0 ? 0 : interruption.signal.aborted ? 130 : 1;
// Must be the last line: scripts parse it.
console.log(`${outcome.passed} passed, ${outcome.failed} failed`);

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly problems: readonly string[];
}

async function runAll(): Promise<Outcome> {
  let servers: TestServers | null = null;
  const workDir = await mkdtemp(join(tmpdir(), 'whatsapp-crm-coverage-'));
  try {
    await buildProject(log);
    servers = await startTestServers(log);
    return await runTests(servers, workDir);
  } catch (error) {
    // Without a build or a server no test can run, which counts as a failure.
    const reason = error instanceof Error ? error.message : String(error);
    return { passed: 0, failed: 1, problems: [interruption.signal.aborted ? 'interrupted' : reason] };
  } finally {
    await servers?.stop();
    await rm(workDir, { recursive: true, force: true });
  }
}

async function runTests(servers: TestServers, workDir: string): Promise<Outcome> {
  if (interruption.signal.aborted) return { passed: 0, failed: 1, problems: ['interrupted'] };
  const rawDir = join(workDir, 'raw');
  await mkdir(rawDir);
  const isWhole = extra.length === 0;
  const env = { ...servers.env, NODE_ENV: 'test', ...(isWhole ? { NODE_V8_COVERAGE: rawDir } : {}) };
  const count = Math.min(maxShards, Math.max(minShards, availableParallelism()));
  const run = (selection: Selection, processes: number) =>
    runShards({
      ...selection,
      ...{ count: processes, args: extra, env, signal: interruption.signal },
      onResult: (result) => printResult(result, log),
    });
  const first = await run(selectFiles(extra), count);
  // Whoever names files wants the first result.
  const settled = isWhole
    ? await runFailedAlone(first, (files) => run({ files, isBail: false }, 1))
    : { ...first, unstable: [] };
  const { results, problems: died, unstable } = settled;
  const { passes, failures, pending } = addUp(results);
  const problems = [...died];
  if (passes + failures + pending === 0) problems.push('no test ran');
  if (interruption.signal.aborted) problems.push('interrupted');
  else if (!isWhole) log('coverage: not checked, because only some of the tests ran');
  else if (died.length === 0) problems.push(...(await checkCoverage(rawDir, join(rootDir, 'coverage'))));
  printUnstable(unstable, log);
  printFailures(results, log);
  printSlowest(results, log);
  printLeftOut(results, log);
  if (pending > 0) log(`FAILED: ${pending} skipped; repair or remove a test instead of skipping it`);
  return { passed: passes, failed: failures + pending + problems.length, problems };
}
