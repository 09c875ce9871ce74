import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { rootDir } from '../../scripts/paths.ts';
import { importBounds, type ImportBounds } from '../../src/people/imports/bounds.ts';
import { detectDialect, type Dialect } from '../../src/people/imports/csv/dialect.ts';
import { beginningOf, readCsv } from '../../src/people/imports/csv/read-csv.ts';
import { toUtf8 } from '../../src/people/imports/encoding/decode.ts';
import { inspectFile, type Inspection } from '../../src/people/imports/encoding/inspect.ts';
import type { FileFault, ResumePoint, RowEvent, SourceRow } from '../../src/people/imports/rows.ts';

const folder = join(rootDir, 'tests/fixtures/imports');

export const fixturePath = (name: string): string => join(folder, name);
export const readFixture = (name: string): Promise<Buffer> => readFile(fixturePath(name));
export const streamFixture = (name: string): AsyncIterable<Uint8Array> => createReadStream(fixturePath(name));

export async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

export async function joined(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export interface ReadFile {
  readonly rows: readonly SourceRow[];
  readonly blankLines: number;
  readonly fault?: FileFault;
}

/** All rows, and how the reading ended. Exactly one event ends it; it counts the rows before the start too. */
export async function collect(events: AsyncIterable<RowEvent>, before = 0): Promise<ReadFile> {
  const rows: SourceRow[] = [];
  const ends: Exclude<RowEvent, { kind: 'row' | 'blank' }>[] = [];
  for await (const event of events) {
    if (ends.length > 0) throw new Error(`An event after the last one: ${JSON.stringify(event)}`);
    if (event.kind === 'row') rows.push(event.row);
    else if (event.kind !== 'blank') ends.push(event);
  }
  const [end] = ends;
  if (end === undefined) throw new Error('The reading has no end.');
  if (end.kind === 'refused') return { rows, blankLines: 0, fault: end.fault };
  if (end.rows !== before + rows.length) throw new Error(`${end.rows} rows counted, ${rows.length} read.`);
  return { rows, blankLines: end.blankLines };
}

export interface ReadOptions {
  readonly dialect: Pick<Dialect, 'delimiter' | 'quote' | 'from'>;
  readonly chunkSize?: number;
  readonly bounds?: Partial<ImportBounds>;
  readonly start?: ResumePoint;
  readonly hasHeader?: boolean;
}

export function readText(text: string | Buffer, options: ReadOptions): Promise<ReadFile> {
  const { dialect, chunkSize = 65_536, bounds = {}, hasHeader = false } = options;
  const start = options.start ?? beginningOf(dialect);
  const bytes = Buffer.from(text).subarray(start.from);
  const limits = { ...importBounds, ...bounds };
  return collect(
    readCsv(inChunks(bytes, chunkSize), { dialect, start, hasHeader, bounds: limits }),
    start.rows,
  );
}

export interface WholeRead extends ReadFile {
  readonly inspection: Inspection;
  readonly dialect?: Dialect;
}

/** The way of a file of text: inspect, decode, find the dialect, read. */
export async function readWhole(open: () => AsyncIterable<Uint8Array>): Promise<WholeRead> {
  const inspection = await inspectFile(open());
  if (inspection.encoding === undefined) return { inspection, rows: [], blankLines: 0 };
  const utf8 = await joined(toUtf8(open(), inspection.encoding.encoding));
  const dialect = detectDialect(utf8.toString('utf8'), true);
  return { inspection, dialect, ...(await readText(utf8, { dialect })) };
}

/** Writes rows as other programs do: every cell that needs it is quoted. */
export const writeCsv = (
  rows: readonly (readonly string[])[],
  { delimiter, quote, lineEnd = '\n' }: Pick<Dialect, 'delimiter' | 'quote'> & { readonly lineEnd?: string },
): string =>
  rows
    .map((cells) =>
      cells
        .map((cell) =>
          cell === '' || /^[\p{L}\p{N} +-]+$/u.test(cell)
            ? cell
            : `${quote}${cell.replaceAll(quote, quote + quote)}${quote}`,
        )
        .join(delimiter),
    )
    .map((line) => line + lineEnd)
    .join('');

interface ZipFile {
  readonly name: string;
  readonly content: string | Buffer;
  /** What the archive says the content's size is; its real one if missing. */
  readonly declaredSize?: number;
}

/** A zip archive, also one that lies about its sizes. */
export function writeZip(files: readonly ZipFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, declaredSize } of files) {
    const raw = Buffer.from(content);
    const packed = deflateRawSync(raw);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(8, 4);
    head.writeUInt32LE(crc32(raw), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(declaredSize ?? raw.length, 18);
    head.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), head, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('504b01021400', 'hex'), head, rest, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

export const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A workbook of one sheet, whose rows are the given document. */
export const writeWorkbook = (sheet: string | Buffer, others: readonly ZipFile[] = []): Buffer =>
  writeZip([
    {
      name: 'xl/workbook.xml',
      content: '<workbook xmlns:r="r"><sheets><sheet name="A" r:id="rId1"/></sheets></workbook>',
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      content: '<Relationships><Relationship Id="rId1" Target="worksheets/a.xml"/></Relationships>',
    },
    { name: 'xl/worksheets/a.xml', content: sheet },
    ...others,
  ]);

export const writeSheet = (rows: readonly (readonly string[])[]): string =>
  `<worksheet><sheetData>${rows
    .map((cells) => {
      const texts = cells.map((cell) => `<c t="inlineStr"><is><t>${escapeXml(cell)}</t></is></c>`);
      return `<row>${texts.join('')}</row>`;
    })
    .join('')}</sheetData></worksheet>`;
