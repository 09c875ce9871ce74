import type { Types } from 'mongoose';
import type { Dialect } from '../csv/dialect.ts';
import type { EncodingChoice } from '../encoding/inspect.ts';
import type { CountryProposal, PhoneColumn } from '../mapping/country.ts';
import type { Column, HeaderFinding } from '../mapping/headers.ts';
import type { ColumnProposal } from '../mapping/propose.ts';
import type { ProposedSettings } from '../settings.ts';

/** What the analysis has found in a file, beside its rows. */
export interface ImportFindings {
  readonly kind: 'text' | 'workbook';
  /** The file that the rows are read from: the upload itself, or its copy in UTF-8. */
  readonly textId: Types.ObjectId;
  readonly textBytes: number;
  /** Of a workbook; those of text are counted with its rows. */
  readonly blankLines?: number;
  /** Of text. */
  readonly encoding?: EncodingChoice;
  readonly dialect: Omit<Dialect, 'rows'>;
  readonly header: HeaderFinding;
  readonly columns: readonly FoundColumn[];
  readonly proposed: ProposedSettings;
  readonly country?: CountryProposal;
  /** Of the column of phone numbers, in the first rows. */
  readonly phones?: PhoneColumn;
}

export interface FoundColumn extends Column, Pick<ColumnProposal, 'because' | 'isTaken'> {
  /** Some cells, cut. */
  readonly samples: readonly string[];
}
