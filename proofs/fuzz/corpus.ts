import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';

export interface CorpusEntry {
  readonly name: string;
  readonly json: unknown;
  /** The body as it is sent. */
  readonly wire: Buffer;
}

/** Bodies in the shapes that Meta and relays really send, from the test fixtures. */
export async function readCorpus(): Promise<readonly CorpusEntry[]> {
  const folder = join(rootDir, 'tests', 'fixtures', 'webhooks');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const json: unknown = JSON.parse(await readFile(join(folder, file), 'utf8'));
      return { name: file.replace('.json', ''), json, wire: toWire(json) };
    }),
  );
}

/** As Meta puts a body on the wire: compact, with everything beyond ASCII escaped. */
export const toWire = (json: unknown): Buffer =>
  Buffer.from(
    JSON.stringify(json).replace(
      /[\u0080-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
