import { resolve as resolvePath } from 'node:path';
import { format, inspect } from 'node:util';
import Mocha from 'mocha';
import { loadOptions } from 'mocha/lib/cli/options.cjs';
import { rootDir } from '../paths.ts';
import { takeLeftOut } from './left-out.ts';
import type { FileResult, FromShard, ToShard } from './messages.ts';
import { patience } from './patience.ts';

/**
 * Runs test files one after another, as the runner assigns them. One process runs many files, because loading the
 * product takes longer than most of them.
 */
const lingerMs = Number(process.env['TEST_LINGER_MS'] ?? 10_000);
const { Base, Spec } = Mocha.reporters;
const options = loadOptions(process.argv.slice(2));
allowSlowMachine(patience);
// This process measures already; the coverage of processes that it starts is not used, and makes them a fifth slower.
delete process.env['NODE_V8_COVERAGE'];

/** Files after which more was open than before; some close it a moment later. */
const leavers: string[] = [];
let openBefore = process.getActiveResourcesInfo().length;
let lines: string[] = [];
let failureReport = '';
Base.consoleLog = (...parts: unknown[]) => lines.push(format(...parts));

/** Mocha's spec report as text; failures are kept apart because they are printed after all files. */
class FileReporter extends Spec {
  override epilogue(): void {
    const report = lines;
    lines = [];
    if (this.failures.length > 0) Base.list(this.failures);
    failureReport = lines.join('\n');
    lines = report;
  }
}

process.on('message', (message: ToShard) => {
  if (message.kind === 'end') endSoon();
  else void runFile(message.file).then(reportFile);
});
// Ctrl-C in the terminal reaches every process; the runner decides the order in which they end.
process.on('SIGINT', () => undefined);
// A normal exit also stops the servers that the tests started.
process.once('SIGTERM', () => process.exit(143));
process.once('disconnect', () => process.exit(143));

function reportFile(result: FileResult): void {
  const open = process.getActiveResourcesInfo().length;
  if (open > openBefore) leavers.push(result.file);
  openBefore = open;
  send({ kind: 'result', result });
}

/** Multiplies the limits of all tests and hooks. */
function allowSlowMachine(times: number): void {
  const { prototype } = Mocha.Runnable;
  const original = prototype.timeout as (this: Mocha.Runnable, ms?: string | number) => unknown;
  prototype.timeout = function (this: Mocha.Runnable, ms?: string | number) {
    return ms === undefined ? original.call(this) : original.call(this, Number(ms) * times);
  } as typeof prototype.timeout;
}

async function runFile(file: string): Promise<FileResult> {
  lines = [];
  failureReport = '';
  const startedAt = performance.now();
  const mocha = new Mocha({ ...options, reporter: FileReporter });
  mocha.addFile(resolvePath(rootDir, file));
  const tookMs = () => Math.round(performance.now() - startedAt);
  try {
    await mocha.loadFilesAsync();
  } catch (error) {
    const counts = { passes: 0, failures: 1, pending: 0 };
    return { file, ...counts, durationMs: tookMs(), report: '', failureReport: inspect(error) };
  }
  const {
    passes,
    failures,
    pending: skipped,
  } = await new Promise<Mocha.Stats>((resolve, reject) => {
    const runner = mocha.run(() => {
      if (runner.stats === undefined) reject(new Error('mocha reported no stats'));
      else resolve(runner.stats);
    });
  });
  // Otherwise its process listeners would claim errors of later files.
  mocha.dispose();
  const report = lines.join('\n').trim();
  const leftOut = takeLeftOut();
  const pending = Math.max(0, skipped - leftOut.reduce((sum, { tests }) => sum + tests, 0));
  return { file, passes, failures, pending, leftOut, durationMs: tookMs(), report, failureReport };
}

/** Does not force an exit: otherwise a server or connection that a test left open would go unnoticed. */
function endSoon(): void {
  process.channel?.unref();
  setTimeout(() => {
    const resources = process.getActiveResourcesInfo();
    send({ kind: 'still-open', resources, files: leavers }, () => process.exit(1));
  }, lingerMs).unref();
}

function send(message: FromShard, then: () => void = () => undefined): void {
  process.send?.(message, undefined, {}, then);
}
