import type { CountryCode } from 'libphonenumber-js/max';
import { cutText } from '../../../platform/text.ts';
import { proposeDateOrder } from '../cells/dates.ts';
import type { Dialect } from '../csv/dialect.ts';
import { countReadings, proposeCountry } from '../mapping/country.ts';
import { columnsOf, findHeader } from '../mapping/headers.ts';
import { proposeMapping, type ColumnProposal } from '../mapping/propose.ts';
import { targetKey, type FieldDefinition } from '../mapping/targets.ts';
import type { ImportSettings, MappedColumn } from '../settings.ts';
import type { ImportFindings } from './findings.ts';

/** What the first rows of a file say about all of them. Pure. */

const maxSamples = 5;
const maxSampleLength = 60;

interface Given {
  readonly rows: Dialect['rows'];
  readonly settings: ImportSettings;
  readonly definitions: readonly FieldDefinition[];
  /** The own number of the business, whose country numbers without one may have. */
  readonly ownNumber: string | undefined;
}

type Proposal = Pick<ImportFindings, 'header' | 'columns' | 'proposed' | 'country' | 'phones'>;

export function proposeSettings({ rows, settings, definitions, ownNumber }: Given): Proposal {
  const header = headerOf(rows, settings);
  const sample = header.hasHeader ? rows.slice(1) : rows;
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const columns = columnsOf(header.hasHeader ? (rows[0] ?? []) : [], width);
  const proposals = proposeMapping(columns, definitions, sample);
  const mapping = proposals.flatMap(toMapped);
  const chosen = settings.mapping ?? mapping;
  const cellsOf = (index: number): string[] => sample.map((row) => row[index] ?? '');
  const phones = columnWith(chosen, ({ target }) => target === 'phoneNumber');
  const country = phones === undefined ? undefined : proposeCountry(cellsOf(phones), ownNumber);
  const dates = dateColumns(chosen, definitions).flatMap(cellsOf);
  const { order } = proposeDateOrder(dates);
  const read: CountryCode | undefined = settings.defaultCountry ?? country?.country;
  return {
    header,
    columns: proposals.map(({ column, because, isTaken }) => ({
      ...column,
      ...(because === undefined ? {} : { because }),
      ...(isTaken === undefined ? {} : { isTaken }),
      samples: samplesOf(cellsOf(column.index)),
    })),
    proposed: {
      mapping,
      ...(country === undefined ? {} : { defaultCountry: country.country }),
      ...(order === undefined ? {} : { dateOrder: order }),
    },
    ...(country === undefined ? {} : { country }),
    ...(phones === undefined ? {} : { phones: countReadings(cellsOf(phones), read) }),
  };
}

const headerOf = (rows: Dialect['rows'], { hasHeader }: ImportSettings): ImportFindings['header'] =>
  hasHeader === undefined ? findHeader(rows) : { hasHeader, certainty: 'certain' };

const toMapped = ({ column, target }: ColumnProposal): MappedColumn[] =>
  target === undefined ? [] : [{ column: column.index, target: targetKey(target) }];

const columnWith = (
  mapping: readonly MappedColumn[],
  isWanted: (mapped: MappedColumn) => boolean,
): number | undefined => mapping.find(isWanted)?.column;

function dateColumns(mapping: readonly MappedColumn[], definitions: readonly FieldDefinition[]): number[] {
  const dates = new Set(
    definitions
      .filter(({ type }) => type === 'date' || type === 'datetime')
      .map(({ key }) => targetKey({ kind: 'custom', key })),
  );
  return mapping.filter(({ target }) => dates.has(target)).map(({ column }) => column);
}

const samplesOf = (cells: readonly string[]): string[] =>
  [...new Set(cells.map((cell) => cutText(cell.trim(), maxSampleLength)))]
    .filter((cell) => cell !== '')
    .slice(0, maxSamples);
