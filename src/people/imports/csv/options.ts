import type { Options } from 'csv-parse';

export const delimiters = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof delimiters)[number];

export const quotes = ['"', "'"] as const;
export type Quote = (typeof quotes)[number];

/**
 * How csv-parse reads our files. All line ends are named: on its own, it takes the first one for the only one, and joins
 * rows silently where they are mixed. Headers are read by us: it keeps the last of two equal ones silently.
 */
export const parserOptions = (delimiter: Delimiter, quote: Quote) =>
  ({
    delimiter,
    quote,
    escape: quote,
    record_delimiter: ['\r\n', '\n', '\r'],
    bom: false,
    columns: false,
    relax_column_count: true,
    // An inch sign inside a cell is a character like others.
    relax_quotes: true,
    // We count blank lines.
    skip_empty_lines: false,
  }) satisfies Options;
