import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { rootDir } from './paths.ts';
import { runCommand } from './servers/run-command.ts';

interface Check {
  readonly name: string;
  /** Describes the problem; empty if the check passes. */
  run(): Promise<string>;
}

/** Maximum lines of a file, by folder. */
const lineLimits: Readonly<Record<string, number>> = {
  src: 300,
  workflows: 200,
  activities: 300,
  sandbox: 300,
  scripts: 300,
  proofs: 300,
  migrations: 300,
  bench: 300,
  tests: 500,
};

const checks: readonly Check[] = [
  { name: 'format (oxfmt)', run: () => tool('oxfmt/bin/oxfmt', ['--check']) },
  { name: 'lint (oxlint)', run: () => tool('oxlint/bin/oxlint', ['--type-aware', '--deny-warnings']) },
  { name: 'types (tsc)', run: () => tool('typescript/bin/tsc', ['-p', 'tsconfig.json', '--noEmit']) },
  { name: 'unused code (knip)', run: () => tool('knip/bin/knip.js', ['--no-progress']) },
  { name: 'file sizes', run: auditFileSizes },
];

const startedAt = performance.now();
let failedCount = 0;
// In parallel: each check leaves a core idle for part of its time.
await Promise.all(
  checks.map(async ({ name, run }) => {
    const problem = await run();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    // One call, so that the output of parallel checks does not mix.
    console.log(
      `${problem === '' ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)${problem === '' ? '' : `\n${problem}`}`,
    );
    if (problem !== '') failedCount += 1;
  }),
);
process.exitCode = failedCount === 0 ? 0 : 1;

async function tool(path: string, args: readonly string[]): Promise<string> {
  const { code, output } = await runCommand(
    process.execPath,
    [join(rootDir, 'node_modules', path), ...args],
    300_000,
  );
  return code === 0 ? '' : output.trim() || `ended with ${code}`;
}

async function auditFileSizes(): Promise<string> {
  const tooLong: string[] = [];
  for (const [folder, limit] of Object.entries(lineLimits)) {
    for (const file of await listCode(join(rootDir, folder))) {
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n').length;
      if (lines > limit) tooLong.push(`  ${relative(rootDir, file)}: ${lines} lines, over ${limit}`);
    }
  }
  return tooLong.join('\n');
}

async function listCode(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && /\.(ts|mjs|js)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
