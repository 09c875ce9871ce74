import { importBounds } from '../bounds.ts';
import { isPhoneLike } from '../cells/phone-text.ts';
import { fieldOfHeader } from './header-names.ts';

export interface Column {
  /** Its place in the file, counted from 0. */
  readonly index: number;
  /** Unique within the file: a repeated name is numbered, an empty one is `Column 3`. */
  readonly name: string;
  /** The name as it is in the file. */
  readonly header: string;
  readonly notice?: 'repeated' | 'empty' | 'shortened';
}

export interface HeaderFinding {
  readonly hasHeader: boolean;
  readonly certainty: 'certain' | 'likely' | 'guess';
}

const isData = (cell: string): boolean => {
  const text = cell.trim();
  return isPhoneLike(text) || /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) || /^[\d\s.,:/+-]+$/.test(text);
};

/** Whether the first row names the columns. Empty cells say nothing. */
export function findHeader(rows: readonly (readonly string[])[]): HeaderFinding {
  const [first = [], ...others] = rows;
  const cells = first.filter((cell) => cell.trim() !== '');
  if (cells.some(isData)) return { hasHeader: false, certainty: cells.every(isData) ? 'certain' : 'likely' };
  if (cells.some((cell) => fieldOfHeader(cell) !== undefined))
    return { hasHeader: true, certainty: 'certain' };
  // A column of numbers with a word above it.
  const isAboveData = first.some((_, place) => others.some((row) => isData(row[place] ?? '')));
  return { hasHeader: true, certainty: isAboveData ? 'likely' : 'guess' };
}

/** The columns of a file. Their names are unique, in whatever case and accents the header has them. */
export function columnsOf(header: readonly string[], width: number = header.length): readonly Column[] {
  const taken = new Set<string>();
  const length = Math.min(Math.max(header.length, width), importBounds.maxColumns);
  return Array.from({ length }, (_, index): Column => {
    const given = (header[index] ?? '').replace(/[\s\p{Cc}\uFEFF]+/gu, ' ').trim();
    const short = given.slice(0, importBounds.maxHeaderLength).trimEnd();
    const base = short === '' ? `Column ${index + 1}` : short;
    const name = uniqueName(base, taken);
    taken.add(name.toLowerCase());
    const notice =
      given === '' ? 'empty' : name !== base ? 'repeated' : short !== given ? 'shortened' : undefined;
    return { index, name, header: header[index] ?? '', ...(notice === undefined ? {} : { notice }) };
  });
}

function uniqueName(base: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base} (${count})`;
    if (!taken.has(name.toLowerCase())) return name;
  }
}
