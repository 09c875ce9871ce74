import { Readable } from 'node:stream';
import type { ClientScope } from '../../../platform/mongo.ts';
import { newId } from '../../../platform/ids.ts';
import { importBounds } from '../bounds.ts';
import { readRow, type RowOptions } from '../cells/read-row.ts';
import { readCsv } from '../csv/read-csv.ts';
import type { ImportFiles } from '../files.ts';
import { keysOfRow } from '../plan/rules.ts';
import type { ImportRepository } from '../repository.ts';
import type { ResumePoint, RowEvent, SourceRow } from '../rows.ts';
import type { ImportRowRepository, NewRow, RowSet } from '../stored-rows/repository.ts';
import { inTurns, StaleSlice, type ImportWork, type Slice } from '../slices.ts';
import type { ImportFault } from '../states.ts';
import type { ImportFindings } from './findings.ts';
import { boundsOfText, fromText } from './workbook-text.ts';

export interface ReadRowsDeps {
  readonly imports: Pick<ImportRepository, 'progress'>;
  readonly rows: Pick<ImportRowRepository, 'insert' | 'findKeysBefore' | 'markLater'>;
  readonly files: ImportFiles;
}

export type ReadRowsEnd =
  | { readonly kind: 'read'; readonly rowCount: number; readonly blankLines: number }
  | { readonly kind: 'refused'; readonly fault: ImportFault }
  /** The slice is over. */
  | { readonly kind: 'more' };

const maxBatchRows = 500;
const maxBatchBytes = 4 * 1024 * 1024;
/** Pieces of blank lines, after which the place is kept. */
const maxSkipped = 100;

interface Reading {
  readonly found: ImportFindings;
  readonly from: ResumePoint;
  readonly options: RowOptions;
}

/**
 * Reads rows from a place on and stores them. May be repeated from any place: rows that are stored stay. Memory is bounded
 * by a batch.
 */
export async function readRows(
  deps: ReadRowsDeps,
  work: ImportWork,
  { found, from, options }: Reading,
  slice: Slice,
): Promise<ReadRowsEnd> {
  const batch = createBatch(deps, work);
  const first = found.header.hasHeader ? 1 : 0;
  for await (const event of inTurns(await openRows(deps, work, { found, from }), slice)) {
    if (event.kind === 'refused') return event;
    if (event.kind === 'end') {
      await batch.flush();
      const rowCount = event.rows - first;
      if (rowCount <= 0) return { kind: 'refused', fault: { code: 'no-rows' } };
      return { kind: 'read', rowCount, blankLines: event.blankLines };
    }
    if (event.kind === 'blank') batch.skip();
    else if (event.row.n < first) continue;
    if (batch.isFull()) {
      await batch.flush();
      await keepPlace(deps, work, event.kind === 'blank' ? event.place : placeOf(event.row), slice);
      if (slice.isOver()) return { kind: 'more' };
    }
    if (event.kind === 'blank') continue;
    const { row } = event;
    const source = found.kind === 'workbook' ? fromText(row) : row;
    batch.add(rowOf(work, { ...source, n: row.n - first + 1 }, options), row.to - row.from);
  }
  throw new Error('The reading of rows has no end.');
}

/** The reading goes on with this row. */
const placeOf = ({ from, line, n, blankLines }: SourceRow): ResumePoint => ({
  ...{ from, line, rows: n, blankLines },
});

async function keepPlace(
  { imports }: ReadRowsDeps,
  { scope, doc }: ImportWork,
  from: ResumePoint,
  slice: Slice,
): Promise<void> {
  slice.beat(from);
  if (!(await imports.progress(scope, doc, { work: { part: 'rows', from } }))) throw new StaleSlice();
}

async function openRows(
  { files }: ReadRowsDeps,
  { scope }: ImportWork,
  { found, from }: Omit<Reading, 'options'>,
): Promise<AsyncGenerator<RowEvent>> {
  const { textId, textBytes, dialect, header, kind } = found;
  const source =
    textBytes <= from.from
      ? Readable.from([])
      : await files.open(scope, textId, { from: from.from, bytes: textBytes });
  return readCsv(source, {
    ...{ dialect, start: from, hasHeader: header.hasHeader },
    bounds: kind === 'workbook' ? boundsOfText(importBounds) : importBounds,
  });
}

function rowOf({ doc }: ImportWork, source: SourceRow, options: RowOptions): NewRow {
  const { values, errors } = readRow(source, options);
  const named = keysOfRow(values);
  const isFaulty = errors.length > 0;
  return {
    ...{ _id: newId(), importId: doc._id, analysis: doc.analysis },
    ...{ n: source.n, line: source.line, values, faults: errors },
    keys: isFaulty ? [] : named,
    ...(isFaulty && named.length > 0 ? { faultyKeys: named } : {}),
    ...{ hasEarlier: false, outcome: 'pending' },
  };
}

function createBatch({ rows }: Pick<ReadRowsDeps, 'rows'>, { scope, doc }: ImportWork) {
  let batch: NewRow[] = [];
  let bytes = 0;
  let skipped = 0;
  return {
    isFull: (): boolean => batch.length >= maxBatchRows || bytes >= maxBatchBytes || skipped >= maxSkipped,
    /** Notes a piece of blank lines. */
    skip(): void {
      skipped += 1;
    },
    add(row: NewRow, size: number): void {
      batch.push(row);
      bytes += size;
    },
    async flush(): Promise<void> {
      const full = batch;
      batch = [];
      bytes = 0;
      skipped = 0;
      if (full.length > 0) await store(rows, scope, { importId: doc._id, analysis: doc.analysis }, full);
    },
  };
}

/** Stores rows, and marks which of them and of the rows before have the same keys. */
async function store(
  rows: ReadRowsDeps['rows'],
  scope: ClientScope,
  set: RowSet,
  batch: readonly NewRow[],
): Promise<void> {
  const n = batch[0]?.n ?? 0;
  const before = await rows.findKeysBefore(scope, set, { keys: batch.flatMap(({ keys }) => keys), n });
  const seen = new Set(before);
  const lastOf = new Map(batch.flatMap((row) => row.keys.map((key) => [key, row.n])));
  const marked = batch.map((row): NewRow => {
    const hasEarlier = row.keys.some((key) => seen.has(key));
    for (const key of row.keys) seen.add(key);
    const hasLater = row.keys.some((key) => (lastOf.get(key) ?? 0) > row.n);
    return { ...row, hasEarlier, ...(hasLater ? { hasLater } : {}) };
  });
  await rows.insert(scope, marked);
  const keys = [...before].filter((key) => lastOf.has(key));
  if (keys.length > 0) await rows.markLater(scope, set, { keys, n });
}
