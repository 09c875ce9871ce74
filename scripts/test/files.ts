import { existsSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { loadOptions } from 'mocha/lib/cli/options.cjs';
import { lookupFiles } from 'mocha/lib/cli/lookup-files.js';
import { rootDir } from '../paths.ts';

export interface Selection {
  /** Paths relative to the root, with forward slashes. */
  readonly files: readonly string[];
  /** Stop at the first failure. */
  readonly isBail: boolean;
}

const allTests = 'tests/**/*.test.ts';

/** The test files that the arguments of `npm test` select; throws if an argument matches none. */
export function selectFiles(args: readonly string[]): Selection {
  const { _: patterns, bail } = loadOptions(mochaArgs(args));
  const found = patterns.flatMap((pattern) => lookupFiles(pattern, ['ts'], false));
  return { files: [...new Set(found.map(toProjectPath))].toSorted(), isBail: bail === true };
}

/**
 * The arguments for mocha. The files are named here and not in .mocharc.json, because mocha adds the files of its
 * configuration to those of the command line, so `npm test -- tests/unit` would run everything.
 */
export function mochaArgs(
  extra: readonly string[],
  isFolder: (path: string) => boolean = isFolderInRoot,
): string[] {
  const args = extra.map((arg) => (isFolder(arg) ? `${arg.replace(/\/+$/, '')}/**/*.test.ts` : arg));
  const namesFiles = args.some((arg) => arg.includes('.test.ts') || arg.includes('*'));
  return namesFiles ? args : [...args, allTests];
}

function isFolderInRoot(path: string): boolean {
  const full = join(rootDir, path);
  return !path.startsWith('-') && existsSync(full) && statSync(full).isDirectory();
}

const toProjectPath = (path: string): string =>
  relative(rootDir, resolve(rootDir, path)).split(sep).join('/');
