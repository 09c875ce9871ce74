import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootDir } from '../paths.ts';
import { withEnvironmentTable } from './environment.ts';
import { renderLoops, renderMetrics, renderProblems, renderProviderErrors } from './render.ts';
import { createDescribedServer } from './route-tables.ts';

/** The default of `SWEEP_INTERVAL_MS`. */
const sweepIntervalMs = 30_000;

/** Every generated page by its path from the root, formatted as `npm run format` would. */
export async function generateDocs(): Promise<ReadonlyMap<string, string>> {
  const pages = {
    'docs/configuration.md': withEnvironmentTable(
      await read('docs/configuration.md'),
      await read('.env.example'),
    ),
    'docs/problems.md': renderProblems(),
    'docs/provider-errors.md': renderProviderErrors(),
    'docs/metrics.md': renderMetrics(),
    'docs/loops.md': renderLoops(sweepIntervalMs),
    'docs/openapi.json': JSON.stringify((await createDescribedServer()).openApi(), null, 2),
  };
  return new Map(Object.entries(pages).map(([file, text]) => [file, format(file, text)]));
}

const read = (file: string): Promise<string> => readFile(join(rootDir, file), 'utf8');

/** The description of the API has more than the megabyte that Node takes from a child by default. */
const maxPageBytes = 64 * 1024 * 1024;

function format(file: string, text: string): string {
  const formatter = join(rootDir, 'node_modules', 'oxfmt', 'bin', 'oxfmt');
  const result = spawnSync(process.execPath, [formatter, `--stdin-filepath=${join(rootDir, file)}`], {
    cwd: rootDir,
    input: text,
    encoding: 'utf8',
    maxBuffer: maxPageBytes,
  });
  if (result.status !== 0) throw new Error(`oxfmt refused ${file}: ${result.stderr}`);
  return result.stdout;
}
