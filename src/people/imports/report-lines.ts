import type { ImportRowDoc } from './stored-rows/repository.ts';
import { targetOf, type MappedColumn } from './settings.ts';

/** The lines of a report. Pure. */

/** Spreadsheets run a cell that begins like a formula; the apostrophe makes it a text. */
const guarded = (cell: string): string => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell);

const cellOf = (text: string): string => `"${guarded(text).replaceAll('"', '""')}"`;

/** Ends with CRLF, which every spreadsheet reads. */
export const lineOf = (cells: readonly string[]): string => `${cells.map(cellOf).join(',')}\r\n`;

/** Spreadsheets take the encoding from it. */
export const reportHead = `\uFEFF${lineOf([
  ...['line', 'outcome', 'planned', 'codes', 'notices', 'details'],
  ...['phoneNumber', 'whatsappId', 'businessScopedUserId', 'name', 'contactId', 'undo'],
])}`;

/** The name of a column in a report; by its place if it has no target. */
const columnName = (mapping: readonly MappedColumn[], column: number): string => {
  const target = mapping.find((mapped) => mapped.column === column)?.target;
  return target === undefined || targetOf(target) === undefined ? `column ${column + 1}` : target;
};

/** One row of the file: what became of it, and the cells that could not be read as they are in the file. */
export function reportLineOf(row: ImportRowDoc, mapping: readonly MappedColumn[]): string {
  const verdict = row.result ?? row.plan;
  const details = [
    ...row.faults.map(({ code, column, cell }) => `${columnName(mapping, column)}: ${code} (${cell})`),
    ...(verdict?.issues ?? []).map(({ path, message }) => `${path}: ${message}`),
    ...(row.isChangedSince === true ? ['The contact has changed since the dry run.'] : []),
  ];
  const { values } = row;
  return lineOf([
    ...[String(row.line), row.outcome, row.plan?.kind ?? ''],
    ...[(verdict?.codes ?? []).join(' '), (verdict?.notices ?? []).join(' '), details.join('; ')],
    ...[values.phoneNumber ?? '', values.whatsappId ?? '', values.businessScopedUserId ?? ''],
    ...[values.name ?? '', row.contactId?.toHexString() ?? '', row.undo ?? ''],
  ]);
}
