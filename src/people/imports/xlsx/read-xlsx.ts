import { importBounds, type ImportBounds } from '../bounds.ts';
import { boundedRow, isBlankRow, refused, type RowEvent } from '../rows.ts';
import { openArchive } from './archive.ts';
import { WorkbookRefusal } from './refusal.ts';
import { createSheetHandler } from './sheet.ts';
import { readWorkbook } from './workbook.ts';
import { readXml } from './xml.ts';

/**
 * The rows of the first visible sheet of a workbook. Formulas give the results that are stored with them. Ends with one
 * event, as the reader of CSV does, and never throws: whatever is wrong with the file refuses it.
 */
export async function* readXlsx(
  file: Buffer,
  hasHeader: boolean,
  bounds: ImportBounds = importBounds,
): AsyncGenerator<RowEvent> {
  if (file.length > bounds.maxXlsxBytes) return yield refused({ code: 'file-too-large' });
  try {
    yield* rowsOf(file, hasHeader, bounds);
  } catch (error) {
    // The libraries report a damaged archive or document as plain errors.
    yield refused({ code: error instanceof WorkbookRefusal ? error.code : 'damaged-workbook' });
  }
}

const blankRowsAtOnce = 100;

async function* rowsOf(file: Buffer, hasHeader: boolean, bounds: ImportBounds): AsyncGenerator<RowEvent> {
  const archive = await openArchive(file, bounds);
  const workbook = await readWorkbook(archive, bounds);
  const sheet = await archive.open(workbook.sheetPath);
  if (sheet === undefined) throw new WorkbookRefusal('damaged-workbook');
  const maxRows = bounds.maxRows + (hasHeader ? 1 : 0);
  let rows = 0;
  let blankLines = 0;
  let lastLine = 0;
  let blankRows = 0;
  for await (const { line, cells } of readXml(sheet, createSheetHandler(workbook, bounds))) {
    // Rows that are not in the sheet are blank; those below the last one are none.
    const blankBefore = line - lastLine - 1;
    lastLine = line;
    if (isBlankRow(cells)) {
      blankLines += blankBefore + 1;
      blankRows += 1;
      if (blankRows > bounds.maxBlankLines) return yield refused({ code: 'too-many-rows', line });
      const place = { from: 0, line: line + 1, rows, blankLines };
      if (blankRows % blankRowsAtOnce === 0) yield { kind: 'blank', place };
      continue;
    }
    blankLines += blankBefore;
    if (rows === 0 && cells.length > bounds.maxColumns)
      return yield refused({ code: 'too-many-columns', line });
    if (rows >= maxRows) return yield refused({ code: 'too-many-rows', line });
    yield { kind: 'row', row: boundedRow({ n: rows, line, from: 0, to: 0, blankLines, cells }, bounds) };
    rows += 1;
  }
  yield { kind: 'end', rows, blankLines };
}
