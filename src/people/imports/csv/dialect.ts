import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { isBlankRow } from '../rows.ts';
import { delimiters, parserOptions, quotes, type Delimiter, type Quote } from './options.ts';

export interface Dialect {
  readonly delimiter: Delimiter;
  readonly quote: Quote;
  /** Where the rows begin in the UTF-8 text: after a line such as `sep=;`. */
  readonly from: number;
  readonly lineEnds: 'lf' | 'crlf' | 'cr' | 'mixed' | 'none';
  readonly certainty: 'certain' | 'likely' | 'guess';
  /** The first rows in this dialect, for the header and the mapping. */
  readonly rows: readonly (readonly string[])[];
}

const maxSampleLength = 64 * 1024;
const maxSampleRows = 100;

/** Excel reads the delimiter from such a first line, with or without quotes. */
const separatorLine = /^"?sep=(?<delimiter>[,;\t|])"?(?:\r\n|\n|\r|$)/i;

/** What a user says of it. */
interface GivenDialect {
  readonly delimiter?: Delimiter;
  readonly quote?: Quote;
}

/** The dialect of a text, by its beginning. `isWhole` says whether that is all of it. */
export function detectDialect(text: string, isWhole: boolean, given: GivenDialect = {}): Dialect {
  const sample = text.slice(0, maxSampleLength);
  const declared = separatorLine.exec(sample);
  const body = declared === null ? sample : sample.slice(declared[0].length);
  const named =
    given.delimiter ?? delimiters.find((delimiter) => delimiter === declared?.groups?.['delimiter']);
  const isCut = !isWhole || sample.length < text.length;
  const quote = given.quote ?? quoteOf(body);
  const readings = (named === undefined ? delimiters : [named])
    .map((delimiter) => readingOf(body, { delimiter, quote, isCut }))
    .toSorted((a, b) => b.score - a.score);
  const [best, next] = readings;
  const chosen = best ?? readingOf(body, { delimiter: ',', quote, isCut });
  return {
    delimiter: chosen.delimiter,
    quote,
    from: Buffer.byteLength(declared?.[0] ?? ''),
    lineEnds: lineEndsOf(sample),
    certainty: named === undefined ? certaintyOf(chosen, next) : 'certain',
    rows: chosen.rows,
  };
}

/** Single quotes only where the text has none of the others, and most lines have a cell in them. */
function quoteOf(body: string): Quote {
  if (body.includes('"')) return quotes[0];
  const lines = body.split(/\r\n|\n|\r/).filter((line) => line !== '');
  const quoted = lines.filter((line) => /(?:^|[,;\t|])'[^']*'(?:[,;\t|]|$)/.test(line));
  return quoted.length * 2 > lines.length ? quotes[1] : quotes[0];
}

function lineEndsOf(sample: string): Dialect['lineEnds'] {
  const kinds = new Set(Array.from(sample.matchAll(/\r\n|\n|\r(?!$)/g), ([end]) => end));
  if (kinds.size > 1) return 'mixed';
  const [only] = kinds;
  if (only === undefined) return 'none';
  return only === '\r\n' ? 'crlf' : only === '\n' ? 'lf' : 'cr';
}

interface Reading {
  readonly delimiter: Delimiter;
  readonly rows: readonly (readonly string[])[];
  /** The number of cells that most rows have, and the share of rows that have it. */
  readonly width: number;
  readonly share: number;
  readonly score: number;
}

interface ReadingOptions {
  readonly delimiter: Delimiter;
  readonly quote: Quote;
  /** The last row may be incomplete. */
  readonly isCut: boolean;
}

function readingOf(body: string, { delimiter, quote, isCut }: ReadingOptions): Reading {
  const { rows, isComplete } = sampleRows(body, delimiter, quote);
  const whole = isCut && isComplete && rows.length > 1 ? rows.slice(0, -1) : rows;
  const counts = new Map<number, number>();
  for (const { length } of whole) counts.set(length, (counts.get(length) ?? 0) + 1);
  const [[width, count] = [0, 0]] = [...counts].toSorted(([, a], [, b]) => b - a);
  const share = whole.length === 0 ? 0 : count / whole.length;
  // A header of another width speaks against the delimiter; a comma in prose has a space after it.
  const header = whole[0]?.length === width ? 1 : 0.5;
  const cells = whole.flatMap((row) => row.slice(1));
  const spaced = cells.filter((cell) => cell.startsWith(' ')).length;
  const prose = cells.length === 0 ? 1 : 1 - (0.5 * spaced) / cells.length;
  const breadth = 1 + Math.min(width, 50) / 1_000;
  return { delimiter, rows: whole, width, share, score: width < 2 ? 0 : share * header * prose * breadth };
}

function sampleRows(body: string, delimiter: Delimiter, quote: Quote) {
  const rows: string[][] = [];
  try {
    parse(body, {
      ...parserOptions(delimiter, quote),
      to: maxSampleRows,
      on_record: (record: string[]) => {
        if (!isBlankRow(record)) rows.push(record);
        return null;
      },
    });
  } catch (error) {
    // The sample ends inside a quote; the rows before it are good.
    if (!(error instanceof CsvError)) throw error;
    return { rows, isComplete: false };
  }
  return { rows, isComplete: rows.length < maxSampleRows };
}

function certaintyOf(best: Reading, next: Reading | undefined): Dialect['certainty'] {
  // One column: whichever delimiter is named, the rows are the same.
  if (best.score === 0) return 'certain';
  if (next !== undefined && next.score > best.score * 0.8) return 'guess';
  return best.share === 1 ? 'certain' : 'likely';
}
