import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { distDir, rootDir } from '../paths.ts';
import { runCommand } from '../servers/run-command.ts';
import { coverageMarks } from './thresholds.ts';

/** The used part of an istanbul file record. */
export interface FileRecord {
  readonly statementMap: Readonly<Record<string, { readonly start: { readonly line: number } }>>;
  readonly s: Readonly<Record<string, number>>;
  readonly branchMap: Readonly<
    Record<string, { readonly loc: { readonly start: { readonly line: number } } }>
  >;
  readonly b: Readonly<Record<string, readonly number[]>>;
}

export interface FileCoverage {
  readonly file: string;
  readonly lines: number;
  readonly coveredLines: number;
  readonly uncoveredBranchLines: readonly number[];
}

/** Reads the raw V8 coverage of a test run and returns every shortfall; empty if all marks are met. */
export async function checkCoverage(rawDir: string, reportDir: string): Promise<readonly string[]> {
  await keepOwnSources(rawDir);
  const c8 = join(rootDir, 'node_modules', 'c8', 'bin', 'c8.js');
  const result = await runCommand(
    process.execPath,
    [
      ...[c8, 'report', '--temp-directory', rawDir, '--reports-dir', reportDir],
      ...['--reporter', 'json', '--reporter', 'lcovonly', '--exclude', 'tests/**', '--exclude', 'dist/**'],
    ],
    300_000,
  );
  if (result.code !== 0) return [`the coverage report failed: ${result.output}`];
  const report = JSON.parse(await readFile(join(reportDir, 'coverage-final.json'), 'utf8')) as Record<
    string,
    FileRecord
  >;
  const files = Object.entries(report).map(([path, record]) => summarize(toProjectPath(path), record));
  const loaded = new Set(files.map(({ file }) => file));
  return judgeCoverage([...files, ...(await listNeverLoaded(loaded))], (line) => console.log(line));
}

export function summarize(file: string, record: FileRecord): FileCoverage {
  const hits = Object.values(record.s);
  const uncovered = Object.entries(record.b).filter(([, counts]) => counts.includes(0));
  return {
    file,
    lines: hits.length,
    coveredLines: hits.filter((count) => count > 0).length,
    uncoveredBranchLines: uncovered.map(([id]) => record.branchMap[id]?.loc.start.line ?? 0),
  };
}

/** Returns each file that is below a mark; lists the files with too few covered lines. */
export function judgeCoverage(
  files: readonly FileCoverage[],
  log: (line: string) => void,
): readonly string[] {
  const problems: string[] = [];
  for (const { file, lines, coveredLines, uncoveredBranchLines } of files) {
    if (!coverageMarks.branches.isPure(file)) continue;
    if (coveredLines === 0 && lines > 0) problems.push(`${file} is pure, but no test loads it`);
    else if (uncoveredBranchLines.length > 0) {
      problems.push(
        `${file} is pure, but no test takes the branches at lines ${uncoveredBranchLines.join(', ')}`,
      );
    }
  }
  const { folders, isExempt, minPercent } = coverageMarks.lines;
  const measured = files.filter(
    ({ file }) => folders.some((folder) => file.startsWith(`${folder}/`)) && !isExempt(file),
  );
  const total = percent(measured);
  log(`coverage: ${total.toFixed(1)} % of the lines of ${folders.join(', ')} (mark ${minPercent} %)`);
  const under = measured.filter((entry) => percent([entry]) < minPercent);
  for (const entry of under.toSorted((a, b) => percent([a]) - percent([b]))) {
    log(
      `  ${percent([entry]).toFixed(0).padStart(3)} %  ${entry.file} (${entry.lines - entry.coveredLines} lines)`,
    );
  }
  if (total < minPercent)
    problems.push(`${total.toFixed(1)} % of the lines are covered, below the mark of ${minPercent} %`);
  return problems;
}

function percent(files: readonly FileCoverage[]): number {
  const lines = files.reduce((sum, entry) => sum + entry.lines, 0);
  const covered = files.reduce((sum, entry) => sum + entry.coveredLines, 0);
  return lines === 0 ? 100 : (100 * covered) / lines;
}

/**
 * Keeps only what was loaded from the sources: a process started from dist/ describes the same files through other
 * source maps, and two maps of one file cannot be added up.
 */
async function keepOwnSources(rawDir: string): Promise<void> {
  const prefixes = [...coverageMarks.lines.folders, 'workflows'].map(
    (folder) => `${pathToFileURL(join(rootDir, folder)).href}/`,
  );
  for (const name of await readdir(rawDir)) {
    const path = join(rawDir, name);
    const raw = JSON.parse(await readFile(path, 'utf8')) as { result: { url: string }[] };
    raw.result = raw.result.filter(({ url }) => prefixes.some((prefix) => url.startsWith(prefix)));
    await writeFile(path, JSON.stringify(raw));
  }
}

/** Source files that no test loaded count as uncovered, unless they contain only types. */
async function listNeverLoaded(loaded: ReadonlySet<string>): Promise<FileCoverage[]> {
  const missing: FileCoverage[] = [];
  for (const folder of coverageMarks.lines.folders) {
    const entries = await readdir(join(rootDir, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      const file = toProjectPath(path);
      if (!entry.isFile() || !entry.name.endsWith('.ts') || loaded.has(file)) continue;
      if (await holdsOnlyTypes(file)) continue;
      const lines = (await readFile(path, 'utf8')).trimEnd().split('\n').length;
      missing.push({ file, lines, coveredLines: 0, uncoveredBranchLines: [] });
    }
  }
  return missing;
}

async function holdsOnlyTypes(file: string): Promise<boolean> {
  const compiled = await readFile(join(distDir, file.replace(/\.ts$/, '.js')), 'utf8').catch(() => null);
  return compiled !== null && isEmptyModule(compiled);
}

export function isEmptyModule(code: string): boolean {
  const withoutComments = code.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  return withoutComments.replaceAll('export {};', '').trim() === '';
}

function toProjectPath(path: string): string {
  return relative(rootDir, path).split(sep).join('/');
}
