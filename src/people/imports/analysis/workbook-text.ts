import type { ImportBounds } from '../bounds.ts';
import type { FileFault, RowEvent, RowFault, SourceRow } from '../rows.ts';

/**
 * A workbook as text, so that its rows are read in slices like those of other files. Before the cells of each row stands
 * where it is in the sheet, and its fault: `12` or `12 cell-too-long 3`.
 */

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

const placeOf = ({ line, fault }: SourceRow): string =>
  fault === undefined ? String(line) : `${line} ${fault.code} ${fault.column}`;

export interface WorkbookEnd {
  fault?: FileFault;
  blankLines: number;
}

/** The text, and in `end` how the reading ended. */
export async function* toText(events: AsyncIterable<RowEvent>, end: WorkbookEnd): AsyncGenerator<Buffer> {
  for await (const event of events) {
    if (event.kind === 'refused') end.fault = event.fault;
    else if (event.kind === 'end') end.blankLines = event.blankLines;
    // Other work of the process has its turn between pieces.
    else if (event.kind === 'blank') yield Buffer.alloc(0);
    else yield Buffer.from(`${[placeOf(event.row), ...event.row.cells].map(quoted).join(',')}\n`);
  }
}

/** The bounds of such a text: they were kept by the workbook itself. */
export const boundsOfText = (bounds: ImportBounds): ImportBounds => ({
  ...bounds,
  maxColumns: bounds.maxColumns + 1,
});

const faultCodes = ['cell-too-long', 'too-many-cells'] as const;

function faultIn([, code, column]: readonly string[]): RowFault | undefined {
  const known = faultCodes.find((each) => each === code);
  return known === undefined ? undefined : { code: known, column: Number(column) };
}

/** The row of the sheet from the row of the text. */
export function fromText({ fault: _read, cells: [place = '', ...cells], ...row }: SourceRow): SourceRow {
  const parts = place.split(' ');
  const fault = faultIn(parts);
  return { ...row, cells, line: Number(parts[0]), ...(fault === undefined ? {} : { fault }) };
}
