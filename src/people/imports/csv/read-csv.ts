import { CsvError, parse, type InfoRecord, type Parser } from 'csv-parse';
import { importBounds, type ImportBounds } from '../bounds.ts';
import { piecesOf } from '../encoding/decode.ts';
import { boundedRow, isBlankRow, refused, type FileFault, type ResumePoint, type RowEvent } from '../rows.ts';
import { parserOptions } from './options.ts';
import type { Dialect } from './dialect.ts';

/** Parsed at once: of line breaks alone, each byte is a record, and holds the event loop for microseconds. */
const maxParsedBytes = 4 * 1024;

export interface ReadCsvOptions {
  readonly dialect: Pick<Dialect, 'delimiter' | 'quote'>;
  readonly start: ResumePoint;
  readonly hasHeader: boolean;
  readonly bounds?: ImportBounds;
}

/** The beginning of the rows; a line such as `sep=;` comes before them. */
export const beginningOf = ({ from }: Pick<Dialect, 'from'>): ResumePoint => ({
  ...{ from, line: from === 0 ? 1 : 2 },
  ...{ rows: 0, blankLines: 0 },
});

interface Parsed {
  readonly record: readonly string[];
  readonly bytes: number;
}

/**
 * The rows of a UTF-8 text from `start` on: `source` begins at its byte. Ends with one event that says how many there
 * were, or why the file is refused. Throws only what `source` throws. Memory is bounded by the longest row.
 */
export async function* readCsv(
  source: AsyncIterable<Uint8Array>,
  { dialect, start, hasHeader, bounds = importBounds }: ReadCsvOptions,
): AsyncGenerator<RowEvent> {
  const parsed: Parsed[] = [];
  // Collected here and not passed on as a stream: an error would lose the rows that wait in it, and with them its line.
  const parser = parse({
    ...parserOptions(dialect.delimiter, dialect.quote),
    on_record: (record: string[], { bytes }: InfoRecord) => {
      parsed.push({ record, bytes });
      return null;
    },
  });
  const rows = createRowCounter(start, bounds, hasHeader);
  const failed: { error?: Error } = {};
  parser.on('error', (error) => (failed.error = error)).resume();
  let fed = 0;
  try {
    for await (const chunk of source) {
      for (const piece of piecesOf(chunk, maxParsedBytes)) {
        fed += piece.length;
        if (start.from + fed > bounds.maxFileBytes) return yield refused({ code: 'file-too-large' });
        await written(parser, piece);
        if ((yield* rows.take(parsed)) === 'refused') return;
        if (rows.isAtBlankLine) yield { kind: 'blank', place: rows.place };
        // A row is held until it ends. Empty cells count too: the parser does not bound their number.
        if (fed - rows.end > bounds.maxRowBytes)
          return yield refused({ code: 'row-too-long', line: rows.line });
      }
    }
    await ended(parser);
    if ((yield* rows.take(parsed)) === 'refused') return;
    const { error } = failed;
    if (error === undefined) return yield rows.finish();
    if (!(error instanceof CsvError)) throw error;
    yield refused({ code: 'unclosed-quote', line: rows.line });
  } finally {
    parser.destroy();
  }
}

/** Resolves when the piece is parsed; an error arrives by its event. */
const written = (parser: Parser, piece: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    parser.write(piece, () => resolve());
  });

const ended = (parser: Parser): Promise<void> =>
  new Promise((resolve) => {
    if (parser.destroyed) return resolve();
    parser.once('close', () => resolve());
    parser.end();
  });

/** Turns records into rows: numbers them, finds their lines and bytes, and counts blank lines apart. */
function createRowCounter(start: ResumePoint, bounds: ImportBounds, hasHeader: boolean) {
  let { line, rows, blankLines } = start;
  let end = 0;
  let isAtBlankLine = false;
  const maxRows = bounds.maxRows + (hasHeader ? 1 : 0);

  function eventOf({ record, bytes }: Parsed): RowEvent | undefined {
    const bytesOfRow = { from: start.from + end, to: start.from + bytes };
    const row = { n: rows, line, ...bytesOfRow, blankLines, cells: record };
    end = bytes;
    line += linesOf(record);
    isAtBlankLine = isBlankRow(record);
    if (isAtBlankLine) {
      blankLines += 1;
      return blankLines > bounds.maxBlankLines
        ? refused({ code: 'too-many-rows', line: row.line })
        : undefined;
    }
    const fault = faultOf(row.cells, row.line);
    if (fault !== undefined) return refused(fault);
    rows += 1;
    return { kind: 'row', row: boundedRow(row, bounds) };
  }

  function faultOf(cells: readonly string[], at: number): FileFault | undefined {
    const isTooWide = rows === 0 && cells.slice(bounds.maxColumns).some((cell) => cell.trim() !== '');
    if (isTooWide) return { code: 'too-many-columns', line: at };
    return rows >= maxRows ? { code: 'too-many-rows', line: at } : undefined;
  }

  return {
    /** Where the last record ended, in bytes from the start. */
    get end() {
      return end;
    },
    get line() {
      return line;
    },
    /** Whether the last record was blank. */
    get isAtBlankLine() {
      return isAtBlankLine;
    },
    /** After the last record. */
    get place(): ResumePoint {
      return { from: start.from + end, line, rows, blankLines };
    },
    /** The events of the records; nothing comes after a refusal. */
    *take(parsed: Parsed[]): Generator<RowEvent, 'refused' | 'open'> {
      for (const each of parsed.splice(0)) {
        const event = eventOf(each);
        if (event !== undefined) yield event;
        if (event?.kind === 'refused') return 'refused';
      }
      return 'open';
    },
    finish: (): RowEvent => ({ kind: 'end', rows, blankLines }),
  };
}

/** The lines that a row takes: breaks inside its cells count. */
function linesOf(record: readonly string[]): number {
  let count = 1;
  for (const cell of record) {
    if (!cell.includes('\n') && !cell.includes('\r')) continue;
    count += cell.match(/\r\n|\n|\r/g)?.length ?? 0;
  }
  return count;
}
