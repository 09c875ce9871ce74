import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';
import type { ImportFindings } from './analysis/findings.ts';
import type { NewTags } from './new-tags.ts';
import type { PlanCounts } from './plan/rules.ts';
import type { ImportSettings } from './settings.ts';
import type { ResumePoint } from './rows.ts';
import { importStates, type ImportFault, type ImportState, type RowOutcome } from './states.ts';

/** The file of a user, and what becomes of it. */
export interface ImportDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly state: ImportState;
  readonly filename?: string;
  readonly uploadedBy: Author;
  /** Of the upload. */
  readonly idempotencyKey?: string;
  /** Of the stored file. */
  readonly bytes?: number;
  /** Lower-case hexadecimal. */
  readonly sha256?: string;
  /** The copies in UTF-8 that may be in the storage, named before they are written; the last is of this analysis. */
  readonly copies: readonly Types.ObjectId[];
  readonly settings: ImportSettings;
  /** Counts the analyses; the rows of earlier ones do not count. */
  readonly analysis: number;
  /** Where the analysis is; its parts follow each other. */
  readonly work?: AnalysisWork;
  /** What the analysis has found in the file. */
  readonly found?: ImportFindings;
  readonly fault?: ImportFault;
  readonly rowCount?: number;
  readonly blankLines?: number;
  /** Counts of the dry run. */
  readonly planned?: PlanCounts;
  /** The tags that it would make, by the dry run. */
  readonly newTags?: NewTags;
  /** Counts of the rows, as last counted. */
  readonly outcomes?: Readonly<Record<RowOutcome, number>>;
  readonly countedAt?: Date;
  readonly startedBy?: Author;
  readonly undoneBy?: Author;
  /** The place among the running imports of the client. */
  readonly slot?: number;
  /** The file and how it is read, so that it is not imported twice by mistake. */
  readonly contentKey?: string;
  /** Nobody started it in time. */
  readonly isExpired?: boolean;
  /** When the file and the rows were deleted. */
  readonly clearedAt?: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly readyAt?: Date;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  readonly version: number;
}

export interface Author {
  readonly type: 'user' | 'operator';
  readonly userId: Types.ObjectId;
}

export type AnalysisWork =
  | { readonly part: 'copy' }
  | { readonly part: 'rows'; readonly from: ResumePoint }
  /** The rows up to `after` are planned. */
  | { readonly part: 'plan'; readonly after: number };

/** A user who changes an import that often has had many answers. */
export const maxCopies = 50;

/** At the same time, so that one business does not take the places of others. */
export const maxRunning = 2;

export const importModel = declareTenantModel<ImportDoc>('imports', {
  state: { type: String, enum: importStates, required: true },
  filename: String,
  uploadedBy: { type: Schema.Types.Mixed, required: true },
  idempotencyKey: String,
  bytes: Number,
  sha256: String,
  copies: { type: [Schema.Types.ObjectId], required: true },
  settings: { type: Schema.Types.Mixed, required: true },
  analysis: { type: Number, required: true },
  work: Schema.Types.Mixed,
  found: Schema.Types.Mixed,
  fault: Schema.Types.Mixed,
  rowCount: Number,
  blankLines: Number,
  planned: Schema.Types.Mixed,
  newTags: Schema.Types.Mixed,
  outcomes: Schema.Types.Mixed,
  countedAt: Date,
  startedBy: Schema.Types.Mixed,
  undoneBy: Schema.Types.Mixed,
  slot: Number,
  contentKey: String,
  isExpired: Boolean,
  clearedAt: Date,
  createdAt: { type: Date, required: true },
  updatedAt: { type: Date, required: true },
  readyAt: Date,
  startedAt: Date,
  endedAt: Date,
  version: { type: Number, required: true },
});

importModel.schema.index({ clientId: 1, createdAt: -1, _id: -1 });
for (const once of ['idempotencyKey', 'contentKey', 'slot'] as const) {
  importModel.schema.index(
    { clientId: 1, [once]: 1 },
    { unique: true, partialFilterExpression: { [once]: { $exists: true } } },
  );
}
