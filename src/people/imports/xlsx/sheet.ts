import type { ImportBounds } from '../bounds.ts';
import { dateOfSerial } from './dates.ts';
import { createTextCollector, type Workbook } from './workbook.ts';
import type { Attributes } from './xml.ts';

export interface SheetRow {
  /** The number of the row in the sheet, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

interface Cell {
  readonly place: number;
  readonly type: string;
  readonly style: number;
}

/** The place of a cell by its reference: 0 for `A7`, 27 for `AB7`. Undefined without one. */
export function placeOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}(?=\d)/.exec(reference ?? '')?.[0];
  if (letters === undefined) return undefined;
  return Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

/** Turns the elements of a sheet into rows of texts. */
export function createSheetHandler(workbook: Workbook, { maxColumns, maxCellBytes }: ImportBounds) {
  const ready: SheetRow[] = [];
  const inline = createTextCollector(maxCellBytes);
  let line = 0;
  let cells: string[] = [];
  let place = -1;
  let cell: Cell | undefined;
  let isValue = false;
  let value = '';

  function openCell({ r, t = 'n', s = '0' }: Attributes): void {
    // All cells beyond the last column are one: it only says that there are some.
    place = Math.min(placeOf(r) ?? place + 1, maxColumns);
    cell = { place, type: t, style: Number(s) };
    value = '';
  }

  function closeCell({ place: at, type, style }: Cell): void {
    const text = type === 'inlineStr' ? inline.take() : textOf(value, { type, style }, workbook);
    cell = undefined;
    if (text === '') return;
    while (cells.length <= at) cells.push('');
    cells[at] = text;
  }

  return {
    open(name: string, attributes: Attributes): void {
      inline.open(name);
      isValue = name === 'v';
      if (name === 'c') openCell(attributes);
      else if (name === 'row') {
        const given = Number(attributes['r'] ?? line + 1);
        line = Number.isSafeInteger(given) && given > line ? given : line + 1;
        cells = [];
        place = -1;
      }
    },
    text(part: string): void {
      if (cell === undefined) return;
      if (isValue && value.length <= maxCellBytes) value += part.slice(0, maxCellBytes + 1);
      else inline.text(part);
    },
    close(name: string): void {
      inline.close(name);
      isValue = false;
      if (name === 'c' && cell !== undefined) closeCell(cell);
      else if (name === 'row') ready.push({ line, cells });
    },
    take: () => ready.splice(0),
  };
}

function textOf(value: string, { type, style }: Omit<Cell, 'place'>, workbook: Workbook): string {
  if (value === '') return '';
  if (type === 's') return workbook.texts[Number(value)] ?? '';
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE';
  if (type !== 'n') return value;
  const number = Number(value);
  if (!Number.isFinite(number)) return value;
  const date = workbook.dateStyles[style] === true ? dateOfSerial(number, workbook.is1904) : undefined;
  return date ?? plainNumber(number);
}

/**
 * A number as it was typed: workbooks keep all digits of a phone number, however the cell shows it. Three decimals get a
 * zero, because `1.234` may be read as a thousand.
 */
function plainNumber(number: number): string {
  const text = Number.isSafeInteger(number) ? String(number + 0) : String(number);
  return /^-?\d{1,3}\.\d{3}$/.test(text) ? `${text}0` : text;
}
