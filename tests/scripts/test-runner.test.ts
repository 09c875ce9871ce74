import assert from 'node:assert/strict';
import { isEmptyModule, judgeCoverage, summarize, type FileCoverage } from '../../scripts/test/coverage.ts';
import { mochaArgs } from '../../scripts/test/mocha.ts';

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
