import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootDir } from '../paths.ts';

export interface TestCounts {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
  /** What kept the test process alive after its last test, if anything did. */
  readonly stillOpen?: readonly string[];
}

const allTests = 'tests/**/*.test.ts';

/**
 * The arguments for mocha. The files are named here and not in .mocharc.json, because mocha adds those of its
 * configuration to those of the command line, and `npm test -- tests/unit` would run everything.
 */
export function mochaArgs(
  extra: readonly string[],
  isFolder: (path: string) => boolean = isFolderInRoot,
): string[] {
  const args = extra.map((arg) => (isFolder(arg) ? `${arg.replace(/\/+$/, '')}/**/*.test.ts` : arg));
  const namesFiles = args.some((arg) => arg.includes('.test.ts') || arg.includes('*'));
  return namesFiles ? args : [...args, allTests];
}

/** Runs mocha to its end and returns what it counted; null when it broke off before it could count. */
export async function runMocha(
  extra: readonly string[],
  env: Readonly<Record<string, string>>,
  countsFile: string,
  signal: AbortSignal,
): Promise<TestCounts | null> {
  const mocha = join(rootDir, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const reporter = join(rootDir, 'scripts', 'test', 'reporter.mjs');
  const child = spawn(process.execPath, [mocha, '--reporter', reporter, ...mochaArgs(extra)], {
    cwd: rootDir,
    env: { ...process.env, ...env, TEST_COUNTS_FILE: countsFile },
    stdio: 'inherit',
  });
  const interrupt = () => child.kill('SIGTERM');
  signal.addEventListener('abort', interrupt);
  await once(child, 'close');
  signal.removeEventListener('abort', interrupt);
  const text = await readFile(countsFile, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as TestCounts);
}

function isFolderInRoot(path: string): boolean {
  const full = join(rootDir, path);
  return !path.startsWith('-') && existsSync(full) && statSync(full).isDirectory();
}
