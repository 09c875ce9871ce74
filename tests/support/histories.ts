import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyFromJSON, historyToJSON, type History } from '@temporalio/common/lib/proto-utils.js';

/** One folder per released version of a workflow; a released version is never recorded again. */
const versionsFolder = fileURLToPath(new URL('../fixtures/histories/', import.meta.url));

/** The versions that the current code records. */
export const currentVersion = 'send-message-v2';
export const currentImportVersion = 'import-contacts-v1';

const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

/** Stores a history in the format of the Temporal CLI, without the folder names in stack traces. */
export async function saveHistory(version: string, name: string, history: History): Promise<void> {
  const text = historyToJSON(history).replaceAll(projectRoot, '');
  const folder = join(versionsFolder, version);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(JSON.parse(text), null, 2)}\n`);
}

export const listVersions = (): Promise<string[]> => readdir(versionsFolder);

export async function listHistories(version: string): Promise<string[]> {
  const files = await readdir(join(versionsFolder, version));
  return files.filter((file) => file.endsWith('.json')).map((file) => file.replace(/\.json$/, ''));
}

export async function readHistory(version: string, name: string): Promise<History> {
  return historyFromJSON(JSON.parse(await readFile(join(versionsFolder, version, `${name}.json`), 'utf8')));
}
