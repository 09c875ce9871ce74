import type { CountryCode } from 'libphonenumber-js/max';
import type { CellOptions } from './cells/read-row.ts';
import type { Delimiter, Quote } from './csv/options.ts';
import type { EncodingName } from './encoding/names.ts';
import { contactTargets, type Mapping, type Target } from './mapping/targets.ts';
import { defaultPlanOptions, type ConsentOption, type PlanOptions } from './plan/rules.ts';

/** A column and its target as it is stored and shown: `phoneNumber` or `customFields.plan`. */
export interface MappedColumn {
  readonly column: number;
  readonly target: string;
}

/** What a user has chosen for an import; what is missing is as proposed. */
export interface ImportSettings {
  readonly encoding?: EncodingName;
  readonly delimiter?: Delimiter;
  readonly quote?: Quote;
  readonly hasHeader?: boolean;
  readonly mapping?: readonly MappedColumn[];
  readonly defaultCountry?: CountryCode;
  readonly bareDigits?: 'international' | 'national';
  readonly dateOrder?: 'dmy' | 'mdy' | 'ymd';
  readonly decimal?: 'point' | 'comma';
  readonly onExisting?: PlanOptions['onExisting'];
  readonly onDuplicateInFile?: PlanOptions['onDuplicateInFile'];
  readonly consent?: ConsentOption;
  readonly tags?: readonly string[];
}

/** What the analysis proposes for the same choices. */
export interface ProposedSettings {
  readonly mapping: readonly MappedColumn[];
  readonly defaultCountry?: CountryCode;
  readonly dateOrder?: 'dmy' | 'mdy';
}

const customPrefix = 'customFields.';

/** Undefined for a text that names no target. */
export function targetOf(text: string): Target | undefined {
  const field = contactTargets.find((known) => known === text);
  if (field !== undefined) return { kind: 'contact', field };
  const key = text.startsWith(customPrefix) ? text.slice(customPrefix.length) : '';
  return key === '' ? undefined : { kind: 'custom', key };
}

/** The columns as chosen, else as proposed. */
export const mappedColumns = (
  { mapping }: Pick<ImportSettings, 'mapping'>,
  proposed: Pick<ProposedSettings, 'mapping'>,
): readonly MappedColumn[] => mapping ?? proposed.mapping;

export const mappingOf = (columns: readonly MappedColumn[]): Mapping =>
  new Map(
    columns.flatMap(({ column, target }) => {
      const named = targetOf(target);
      return named === undefined ? [] : [[column, named] as const];
    }),
  );

export const planOptionsOf = (settings: ImportSettings): PlanOptions => ({
  onExisting: settings.onExisting ?? defaultPlanOptions.onExisting,
  onDuplicateInFile: settings.onDuplicateInFile ?? defaultPlanOptions.onDuplicateInFile,
  ...(settings.consent === undefined ? {} : { consent: settings.consent }),
  tags: settings.tags ?? defaultPlanOptions.tags,
});

export const cellOptionsOf = (
  { bareDigits, decimal, ...settings }: ImportSettings,
  proposed: Pick<ProposedSettings, 'defaultCountry' | 'dateOrder'>,
  zone: string,
): CellOptions => ({
  defaultCountry: settings.defaultCountry ?? proposed.defaultCountry,
  dateOrder: settings.dateOrder ?? proposed.dateOrder,
  ...{ bareDigits, decimal, zone },
});
