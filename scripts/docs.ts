import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateDocs } from './docs/generate.ts';
import { rootDir } from './paths.ts';

/** `npm run docs` writes the generated pages; with `--check` it only lists the outdated ones. */
const isCheck = process.argv.includes('--check');
const outdated: string[] = [];
for (const [file, text] of await generateDocs()) {
  const path = join(rootDir, file);
  const current = await readFile(path, 'utf8').catch(() => null);
  if (current === text) continue;
  outdated.push(file);
  if (!isCheck) await writeFile(path, text);
}
if (outdated.length === 0) console.log('The generated pages are up to date.');
else if (isCheck) {
  console.error(`Out of date: ${outdated.join(', ')}. Run npm run docs and commit the result.`);
  process.exitCode = 1;
} else console.log(`Written: ${outdated.join(', ')}`);
