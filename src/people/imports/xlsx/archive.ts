import type { Readable } from 'node:stream';
import { fromBuffer, type Entry, type ZipFile } from 'yauzl';
import type { ImportBounds } from '../bounds.ts';
import { WorkbookRefusal } from './refusal.ts';

/** The files inside a workbook. */
export interface Archive {
  /** The content of a file; undefined if there is none of this name. */
  open(name: string): Promise<Readable | undefined>;
}

/**
 * Opens a zip archive. Nothing is inflated before it is read, every file ends at the size that the archive declares for
 * it, and all files together are bounded, so that a small archive cannot become large.
 */
export async function openArchive(
  file: Buffer,
  { maxZipEntries, maxInflatedBytes }: Pick<ImportBounds, 'maxZipEntries' | 'maxInflatedBytes'>,
): Promise<Archive> {
  const zip = await openZip(file);
  if (zip.entryCount > maxZipEntries) throw new WorkbookRefusal('workbook-too-large');
  const entries = new Map((await listEntries(zip)).map((entry) => [entry.fileName, entry]));
  let leftBytes = maxInflatedBytes;
  return {
    async open(name) {
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      if (entry.isEncrypted()) throw new WorkbookRefusal('encrypted-workbook');
      leftBytes -= entry.uncompressedSize;
      if (leftBytes < 0) throw new WorkbookRefusal('workbook-too-large');
      return openEntry(zip, entry);
    },
  };
}

const openZip = (file: Buffer): Promise<ZipFile> =>
  new Promise((resolve, reject) => {
    fromBuffer(file, { lazyEntries: true, validateEntrySizes: true }, (error, zip) =>
      error === null ? resolve(zip) : reject(error),
    );
  });

const listEntries = (zip: ZipFile): Promise<Entry[]> =>
  new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    zip.on('error', reject);
    zip.on('end', () => resolve(entries));
    zip.on('entry', (entry: Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.readEntry();
  });

const openEntry = (zip: ZipFile, entry: Entry): Promise<Readable> =>
  new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error === null ? resolve(stream) : reject(error)));
  });
