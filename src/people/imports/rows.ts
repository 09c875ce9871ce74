/** A fault of one row: the row becomes an error in the report, and the file goes on. */
export interface RowFault {
  readonly code: 'cell-too-long' | 'too-many-cells';
  /** The place of the cell, counted from 0. */
  readonly column: number;
}

export interface SourceRow {
  /** The place of the row among the rows that are not blank, counted from 0; the header is counted too. */
  readonly n: number;
  /** The line of the file, or the row of the sheet, where it begins; counted from 1. */
  readonly line: number;
  /** The bytes of the row in the UTF-8 text: from its first one to the one after its line break. 0 in a workbook. */
  readonly from: number;
  readonly to: number;
  /** How many blank rows come before it. */
  readonly blankLines: number;
  /** In their order, as they are in the file; at most as many as a file may have columns. */
  readonly cells: readonly string[];
  readonly fault?: RowFault;
}

export const fileFaultCodes = [
  'file-too-large',
  'too-many-rows',
  'too-many-columns',
  /** Most often a quote that is opened and never closed. */
  'row-too-long',
  'unclosed-quote',
  'no-rows',
  'damaged-workbook',
  'encrypted-workbook',
  'workbook-too-large',
] as const;

/** Why a whole file is refused. */
export interface FileFault {
  readonly code: (typeof fileFaultCodes)[number];
  /** Where the row begins that the fault is in. */
  readonly line?: number;
}

/** A place between two rows, from which a run goes on: after the last row that it has finished. */
export interface ResumePoint {
  /** The byte of the UTF-8 text. */
  readonly from: number;
  /** The line that begins there. */
  readonly line: number;
  /** How many rows and blank lines come before it. */
  readonly rows: number;
  readonly blankLines: number;
}

/**
 * What a reader of rows yields: rows, and exactly one event at the end. A run of blank lines is an event too, because other
 * work of the process has its turn between events.
 */
export type RowEvent =
  | { readonly kind: 'row'; readonly row: SourceRow }
  | { readonly kind: 'blank'; readonly place: ResumePoint }
  | { readonly kind: 'end'; readonly rows: number; readonly blankLines: number }
  | { readonly kind: 'refused'; readonly fault: FileFault };

export const refused = (fault: FileFault): RowEvent => ({ kind: 'refused', fault });

/** Rows whose cells are all blank are counted apart: spreadsheets export many of them below their data. */
export const isBlankRow = (cells: readonly string[]): boolean => cells.every((cell) => cell.trim() === '');

/** The row within the bounds of its cells; the first fault is named. */
export function boundedRow(
  row: Omit<SourceRow, 'fault'>,
  { maxColumns, maxCellBytes }: { readonly maxColumns: number; readonly maxCellBytes: number },
): SourceRow {
  const long = row.cells.findIndex(
    // No text has fewer bytes than code units: most cells are judged without counting.
    (cell) => cell.length * 3 > maxCellBytes && Buffer.byteLength(cell) > maxCellBytes,
  );
  if (long !== -1) return { ...row, cells: [], fault: { code: 'cell-too-long', column: long } };
  const beyond = row.cells.findIndex((cell, place) => place >= maxColumns && cell.trim() !== '');
  const cells = row.cells.length > maxColumns ? row.cells.slice(0, maxColumns) : row.cells;
  return beyond === -1
    ? { ...row, cells }
    : { ...row, cells, fault: { code: 'too-many-cells', column: beyond } };
}
