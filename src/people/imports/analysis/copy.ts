import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Types } from 'mongoose';
import { FileTooLarge, type Spool, type SpooledFile } from '../../../storage/spool.ts';
import { importBounds } from '../bounds.ts';
import { detectDialect, type Dialect } from '../csv/dialect.ts';
import { toUtf8 } from '../encoding/decode.ts';
import { inspectFile, type EncodingChoice, type Inspection } from '../encoding/inspect.ts';
import type { ImportFiles } from '../files.ts';
import type { FileFault } from '../rows.ts';
import { inTurns, type ImportWork, type Slice } from '../slices.ts';
import type { ImportFault } from '../states.ts';
import { readXlsx } from '../xlsx/read-xlsx.ts';
import { fromText, toText, type WorkbookEnd } from './workbook-text.ts';

export interface CopyDeps {
  readonly files: ImportFiles;
  readonly spool: Spool;
}

/** The text that rows are read from, and how it is written. */
export interface FoundText {
  readonly kind: 'text' | 'workbook';
  readonly textId: Types.ObjectId;
  readonly textBytes: number;
  readonly blankLines?: number;
  readonly encoding?: EncodingChoice;
  readonly dialect: Dialect;
}

export type CopyEnd = FoundText | { readonly kind: 'refused'; readonly fault: ImportFault };

const refusedBy = (code: ImportFault['code']): CopyEnd => ({ kind: 'refused', fault: { code } });

const maxHeadBytes = 64 * 1024;

/**
 * Copies the upload to UTF-8, whose bytes are places to resume at, and finds its dialect. A file that is UTF-8 is its own
 * copy. May be repeated: the import names its copies before they are written, so that all are removed at the end.
 */
export async function copyToText(deps: CopyDeps, work: ImportWork, slice: Slice): Promise<CopyEnd> {
  const inspection = await inspectFile(inTurns(await openUpload(deps, work), slice));
  if (inspection.isTooLarge) return refusedBy('file-too-large');
  switch (inspection.kind) {
    case 'workbook':
      return copyWorkbook(deps, work, slice);
    case 'old-workbook':
      return refusedBy('old-workbook');
    case 'other':
      return refusedBy('no-table');
    case 'text':
      return copyText(deps, work, { inspection, slice });
  }
}

const openUpload = ({ files }: CopyDeps, { scope, doc }: ImportWork): Promise<Readable> =>
  files.open(scope, doc._id, { from: 0, bytes: doc.bytes ?? 0 });

interface TextToCopy {
  readonly inspection: Inspection;
  readonly slice: Slice;
}

async function copyText(
  deps: CopyDeps,
  work: ImportWork,
  { inspection, slice }: TextToCopy,
): Promise<CopyEnd> {
  const { encoding: choice, byteCount, head } = inspection;
  const { settings, _id } = work.doc;
  const chosen = settings.encoding ?? choice?.encoding;
  if (choice === undefined || chosen === undefined) return refusedBy('no-table');
  const encoding: EncodingChoice =
    settings.encoding === undefined ? choice : { ...choice, encoding: chosen, certainty: 'certain' };
  const isUtf8 = chosen === 'utf-8' && (choice.reason === 'only-ascii' || choice.reason === 'valid-utf-8');
  if (isUtf8) {
    const dialect = dialectOf(head, byteCount, settings);
    return { kind: 'text', textId: _id, textBytes: byteCount, encoding, dialect };
  }
  const copied = await keep(deps, work, inTurns(toUtf8(await openUpload(deps, work), chosen), slice));
  if (copied === 'too-large') return refusedBy('file-too-large');
  const dialect = dialectOf(copied.head, copied.textBytes, settings);
  return { kind: 'text', textId: copied.textId, textBytes: copied.textBytes, encoding, dialect };
}

async function copyWorkbook(deps: CopyDeps, work: ImportWork, slice: Slice): Promise<CopyEnd> {
  const { doc } = work;
  if ((doc.bytes ?? 0) > importBounds.maxXlsxBytes) return refusedBy('workbook-too-large');
  const file = await buffer(await openUpload(deps, work));
  const end: WorkbookEnd = { blankLines: 0 };
  // Of two rows that may be, the first may be a header.
  const copied = await keep(deps, work, inTurns(toText(readXlsx(file, true), end), slice));
  const fault: FileFault | undefined = end.fault;
  if (fault !== undefined) return { kind: 'refused', fault };
  if (copied === 'too-large') return refusedBy('workbook-too-large');
  const found = dialectOf(copied.head, copied.textBytes, { delimiter: ',', quote: '"' });
  const rows = found.rows.map(
    (cells) => fromText({ cells, ...{ n: 0, line: 0, from: 0, to: 0, blankLines: 0 } }).cells,
  );
  const dialect: Dialect = { ...found, from: 0, certainty: 'certain', rows };
  const { textId, textBytes } = copied;
  return { kind: 'workbook', textId, textBytes, blankLines: end.blankLines, dialect };
}

const dialectOf = (head: Uint8Array, bytes: number, given: Parameters<typeof detectDialect>[2]): Dialect =>
  detectDialect(new TextDecoder('utf-8').decode(head, { stream: true }), bytes <= head.length, given);

interface KeptText {
  readonly textId: Types.ObjectId;
  readonly textBytes: number;
  readonly head: Uint8Array;
}

async function keep(
  { files, spool }: CopyDeps,
  { scope, doc }: ImportWork,
  text: AsyncIterable<Buffer>,
): Promise<KeptText | 'too-large'> {
  const spooled = await receive(spool, text);
  if (spooled === 'too-large') return spooled;
  try {
    const textId = doc.copies.at(-1);
    if (textId === undefined) throw new Error('An import that is analysed names its copy.');
    await files.put(scope, textId, spooled);
    for (const earlier of doc.copies.slice(0, -1)) await files.remove(scope, earlier);
    return { textId, textBytes: spooled.bytes, head: await headOf(spooled) };
  } finally {
    await spooled.drop();
  }
}

async function receive(spool: Spool, text: AsyncIterable<Buffer>): Promise<SpooledFile | 'too-large'> {
  try {
    return await spool.receive(Readable.from(text), { maxBytes: importBounds.maxFileBytes });
  } catch (error) {
    if (error instanceof FileTooLarge) return 'too-large';
    throw error;
  }
}

async function headOf({ path, bytes }: SpooledFile): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const head = Buffer.alloc(Math.min(bytes, maxHeadBytes));
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
