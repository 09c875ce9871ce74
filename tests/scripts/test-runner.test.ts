import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEmptyModule, judgeCoverage, summarize, type FileCoverage } from '../../scripts/test/coverage.ts';
import { mochaArgs, selectFiles } from '../../scripts/test/files.ts';
import type { FileResult } from '../../scripts/test/messages.ts';
import { createFileQueue, type shareOf } from '../../scripts/test/queue.ts';
import {
  addUp,
  printFailures,
  printLeftOut,
  printSlowest,
  printUnstable,
} from '../../scripts/test/report.ts';
import { runFailedAlone } from '../../scripts/test/second-run.ts';
import { runShards, type ShardsOptions, type ShardsOutcome } from '../../scripts/test/shards.ts';

const file = (
  name: string,
  lines: number,
  coveredLines: number,
  branches: readonly number[] = [],
): FileCoverage => ({
  file: name,
  lines,
  coveredLines,
  uncoveredBranchLines: branches,
});
const quiet = () => undefined;

describe('arguments of npm test', () => {
  const isFolder = (path: string) => path === 'tests/unit' || path === 'tests/unit/';

  it('none, or only a filter › all test files', () => {
    assert.deepEqual(mochaArgs([], isFolder), ['tests/**/*.test.ts']);
    assert.deepEqual(mochaArgs(['--grep', 'curl'], isFolder), ['--grep', 'curl', 'tests/**/*.test.ts']);
  });

  it('a folder or a file › only that', () => {
    assert.deepEqual(mochaArgs(['tests/unit/'], isFolder), ['tests/unit/**/*.test.ts']);
    assert.deepEqual(mochaArgs(['tests/api/auth.test.ts', '-b'], isFolder), ['tests/api/auth.test.ts', '-b']);
  });

  it('a file named twice, and an option with a value › the file once, and no file of the value', () => {
    const file = 'tests/scripts/test-runner.test.ts';
    assert.deepEqual(selectFiles([file, `./${file}`, '--grep', 'x', '-b']), { files: [file], isBail: true });
  });

  it('a file that is not there › refused', () => {
    assert.throws(() => selectFiles(['tests/none.test.ts']), /none\.test\.ts/);
  });
});

describe('files of a test run', () => {
  const share: typeof shareOf = (file) => {
    if (file.includes('alone')) return 'alone';
    return file.startsWith('tests/e2e/') ? 'stack' : 'shared';
  };

  it('one that must be alone › last, and nothing beside it', () => {
    const queue = createFileQueue(['tests/alone.ts', 'tests/a.ts', 'tests/b.ts'], share);
    assert.equal(queue.take(), 'tests/a.ts');
    assert.equal(queue.take(), 'tests/b.ts');
    queue.done('tests/a.ts');
    assert.equal(queue.take(), undefined);
    queue.done('tests/b.ts');
    assert.equal(queue.take(), 'tests/alone.ts');
    assert.equal(queue.take(), undefined);
    assert.ok(queue.isEmpty());
  });

  it('two that start the whole product › others beside them, and both at once only when nothing else is left', () => {
    const files = ['tests/api/a.ts', 'tests/api/b.ts', 'tests/e2e/a.ts', 'tests/e2e/b.ts', 'tests/e2e/c.ts'];
    const queue = createFileQueue(files, share);
    assert.equal(queue.take(), 'tests/e2e/a.ts');
    assert.equal(queue.take(), 'tests/api/a.ts');
    queue.done('tests/e2e/a.ts');
    assert.equal(queue.take(), 'tests/e2e/b.ts');
    queue.done('tests/api/a.ts');
    assert.equal(queue.take(), 'tests/api/b.ts');
    queue.done('tests/api/b.ts');
    assert.equal(queue.take(), 'tests/e2e/c.ts');
  });
});

describe('shards of a test run', function () {
  this.timeout(60_000);
  const passing = `it('is well', () => undefined);`;
  const failing = `it('is wrong', () => { throw new Error('on purpose'); });`;
  const skipped = `it.skip('is left out', () => undefined);`;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whatsapp-crm-shards-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Runs these files, each given by its tests. */
  async function run(
    tests: Readonly<Record<string, string>>,
    options: Partial<Pick<ShardsOptions, 'args' | 'env' | 'isBail' | 'signal'>> = {},
  ): Promise<ShardsOutcome> {
    const files: string[] = [];
    for (const [name, code] of Object.entries(tests)) {
      const file = join(folder, `${name}.mjs`);
      await writeFile(file, `describe('${name}', () => { ${code} });\n`);
      files.push(file);
    }
    return runShards({
      ...{ files, count: 2, args: [], env: {}, isBail: false, onResult: quiet },
      ...{ signal: new AbortController().signal, ...options },
    });
  }
  const resultOf = ({ results }: ShardsOutcome, name: string): FileResult => {
    const result = results.find(({ file }) => file === join(folder, `${name}.mjs`));
    assert.ok(result !== undefined, `${name} has no result`);
    return result;
  };

  it('tests in several files › counted together', async () => {
    const outcome = await run({ a: passing + passing, b: passing, c: skipped });
    assert.deepEqual(addUp(outcome.results), { passes: 3, failures: 0, pending: 1 });
    assert.deepEqual(outcome.problems, []);
  });

  it('tests that this machine cannot run › named with the reason, and no failure', async () => {
    const leaveOut = JSON.stringify(new URL('../../scripts/test/left-out.ts', import.meta.url).href);
    const hook = `before(async function () { (await import(${leaveOut})).leaveOut(this, 'No browser.'); });`;
    const outcome = await run({ a: hook + passing + passing, b: skipped, c: passing });
    assert.deepEqual(addUp(outcome.results), { passes: 1, failures: 0, pending: 1 });
    const lines: string[] = [];
    printLeftOut(outcome.results, (line) => lines.push(line));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /NOT RUN HERE: 2 tests of .*a\.mjs\. No browser\./);
  });

  it('a failing test › counted, and told with its reason and its file; the others are run', async () => {
    const outcome = await run({ a: failing, b: passing, c: passing });
    assert.deepEqual(addUp(outcome.results), { passes: 2, failures: 1, pending: 0 });
    const lines: string[] = [];
    printFailures(outcome.results, (line) => lines.push(line));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /FAILED in .*a\.mjs: 1\n[\s\S]*is wrong[\s\S]*Error: on purpose/);
  });

  it('a failing hook, and a file that cannot be loaded › failures', async () => {
    const hook = `before(() => { throw new Error('no server'); }); ${passing}`;
    const outcome = await run({ a: hook, b: `}); throw new Error('no such thing'); ({` });
    assert.deepEqual(addUp(outcome.results), { passes: 0, failures: 2, pending: 0 });
    assert.match(resultOf(outcome, 'a').failureReport, /no server/);
    assert.match(resultOf(outcome, 'b').failureReport, /SyntaxError|no such thing/);
  });

  it('a process that dies in a test › a problem that names the file; what is left is run by another', async () => {
    const dying = `it('dies', () => process.kill(process.pid, 'SIGKILL'));`;
    const outcome = await run({ a: dying, b: dying, c: passing, d: passing });
    assert.deepEqual(addUp(outcome.results), { passes: 2, failures: 0, pending: 0 });
    assert.deepEqual(
      outcome.problems.map((problem) => problem.replace(folder, '')).toSorted(),
      ['a', 'b'].map((name) => `a test process ended (SIGKILL) before it reported its tests: /${name}.mjs`),
    );
  });

  it('a test that ends its process as if all were well › a problem all the same', async () => {
    const { problems } = await run({ a: `it('leaves', () => process.exit(0));` });
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /ended \(0\) before it reported its tests/);
  });

  it('a test that leaves something open › a problem that names it', async () => {
    const waiting = `it('waits', () => void setInterval(() => undefined, 1000));`;
    const { problems } = await run({ a: waiting }, { env: { TEST_LINGER_MS: '200' } });
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /open resources kept a test process alive: .*Timeout.*; .*a\.mjs/);
  });

  it('a test that hangs › ends at several times its limit, as a failure', async () => {
    const hanging = `it('hangs', function () { this.timeout(100); return new Promise(() => undefined); });`;
    const outcome = await run({
      a: hanging,
      b: `it('is slow', function () {
      this.timeout(100); return new Promise((resolve) => setTimeout(resolve, 150)); });`,
    });
    assert.deepEqual(addUp(outcome.results), { passes: 1, failures: 1, pending: 0 });
    assert.match(resultOf(outcome, 'a').failureReport, /Timeout of 400ms exceeded/);
  });

  it('options of mocha › hold for every file', async () => {
    const outcome = await run({ a: passing + failing, b: failing }, { args: ['--grep', 'is well'] });
    assert.deepEqual(addUp(outcome.results), { passes: 1, failures: 0, pending: 0 });
  });

  it('to stop at the first failure › no further file is begun', async () => {
    const slow = `it('is slow', () => new Promise((resolve) => setTimeout(resolve, 1500)));`;
    const outcome = await run({ a: failing, b: slow, c: passing, d: passing }, { isBail: true });
    assert.ok(outcome.results.length < 4, `${outcome.results.length} files`);
  });

  it('interrupted › every process ends, and nothing further is begun', async () => {
    const control = new AbortController();
    const hanging = `it('hangs', () => new Promise(() => setInterval(() => undefined, 1000)));`;
    setTimeout(() => control.abort(), 2_000);
    const outcome = await run({ a: hanging, b: hanging, c: passing }, { signal: control.signal });
    assert.deepEqual(outcome, { results: [], problems: [] });
  });

  it('the slowest files › ten, the slowest first', () => {
    const results = Array.from({ length: 12 }, (_, index) => ({
      ...{ file: `${index}.ts`, passes: 1, failures: 0, pending: 0, durationMs: index * 1_000 },
      ...{ report: '', failureReport: '' },
    }));
    const lines: string[] = [];
    printSlowest(results, (line) => lines.push(line.trim()));
    assert.equal(lines.length, 11);
    assert.deepEqual([lines[1], lines.at(-1)], ['11.0 s  11.ts', '2.0 s  2.ts']);
  });
});

describe('files that failed', () => {
  const resultOf = (name: string, failures: number, durationMs = 1_000): FileResult => ({
    ...{ file: name, passes: 1, failures, pending: 0, durationMs },
    ...{ report: '', failureReport: failures > 0 ? `${name} is wrong` : '' },
  });
  /** The second run, in which only these fail, and the files that it was asked for. */
  function secondRun(failing: readonly string[] = []) {
    const asked: string[] = [];
    const runAlone = async (files: readonly string[]): Promise<ShardsOutcome> => {
      asked.push(...files);
      const results = files.map((name) => resultOf(name, failing.includes(name) ? 1 : 0));
      return { results, problems: [] };
    };
    return { asked, runAlone };
  }

  it('one that passes alone › no failure, but printed with its reason; one that fails again › a failure', async () => {
    const { asked, runAlone } = secondRun(['b.ts']);
    const results = [resultOf('a.ts', 2), resultOf('b.ts', 1), resultOf('c.ts', 0)];
    const settled = await runFailedAlone({ results, problems: ['died'] }, runAlone);
    assert.deepEqual(asked, ['a.ts', 'b.ts']);
    assert.deepEqual(addUp(settled.results), { passes: 3, failures: 1, pending: 0 });
    assert.deepEqual(settled.problems, ['died']);
    const lines: string[] = [];
    printUnstable(settled.unstable, (line) => lines.push(line));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /UNSTABLE: a\.ts failed beside others and passed alone\na\.ts is wrong/);
  });

  it('none › nothing is run again', async () => {
    const { asked, runAlone } = secondRun();
    await runFailedAlone({ results: [resultOf('a.ts', 0)], problems: [] }, runAlone);
    assert.deepEqual(asked, []);
  });

  for (const { what, results } of [
    { what: 'many', results: Array.from({ length: 13 }, (_, index) => resultOf(`${index}.ts`, 1)) },
    { what: 'slow ones', results: [resultOf('a.ts', 1, 16 * 60_000)] },
  ])
    it(`${what} › the first result counts`, async () => {
      const { asked, runAlone } = secondRun();
      const settled = await runFailedAlone({ results, problems: [] }, runAlone);
      assert.deepEqual(asked, []);
      assert.deepEqual(settled, { results, problems: [], unstable: [] });
    });
});

describe('coverage marks', () => {
  it('everything is covered › no complaint', () => {
    assert.deepEqual(
      judgeCoverage(
        [file('src/sending/messages/lifecycle.ts', 10, 10), file('src/http/route.ts', 90, 85)],
        quiet,
      ),
      [],
    );
  });

  it('a pure file misses a branch › a complaint that names its lines', () => {
    const problems = judgeCoverage([file('src/sending/messages/lifecycle.ts', 100, 100, [7, 9])], quiet);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /lifecycle\.ts .*lines 7, 9/);
  });

  it('the same in a file that is not pure › no complaint', () => {
    assert.deepEqual(judgeCoverage([file('src/sending/messages/use-cases.ts', 100, 100, [7])], quiet), []);
  });

  it('a pure file that no test loads › a complaint', () => {
    const problems = judgeCoverage([file('src/a/rules.ts', 10, 0), file('src/b.ts', 990, 990)], quiet);
    assert.deepEqual(problems, ['src/a/rules.ts is pure, but no test loads it']);
  });

  it('too few lines › a complaint, and the files under the mark are listed, worst first', () => {
    const lines: string[] = [];
    const files = [file('src/a.ts', 100, 80), file('src/b.ts', 100, 100), file('activities/c.ts', 100, 50)];
    const problems = judgeCoverage(files, (line) => lines.push(line));
    assert.match(problems.join(), /76\.7 % of the lines/);
    assert.deepEqual(
      lines.slice(1).map((line) => line.trim().split(/\s+/)[2]),
      ['activities/c.ts', 'src/a.ts'],
    );
  });

  it('tests, scripts and process entries › are not counted', () => {
    const problems = judgeCoverage([file('src/bin/api.ts', 100, 0), file('scripts/x.ts', 100, 0)], quiet);
    assert.deepEqual(problems, []);
  });

  it('a record of the report › lines and the places of untaken branches', () => {
    const at = (line: number) => ({ start: { line } });
    const record = {
      statementMap: { 0: at(1), 1: at(2) },
      s: { 0: 3, 1: 0 },
      branchMap: { 0: { loc: at(1) }, 1: { loc: at(2) } },
      b: { 0: [1], 1: [0] },
    };
    assert.deepEqual(summarize('src/a.ts', record), file('src/a.ts', 2, 1, [2]));
  });

  it('compiled module › empty when only types were in it', () => {
    assert.equal(isEmptyModule('/** Doc. */\nexport {};\n//# sourceMappingURL=a.js.map'), true);
    assert.equal(isEmptyModule('export const a = 1;\n'), false);
  });
});
