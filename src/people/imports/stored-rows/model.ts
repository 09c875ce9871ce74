import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../../platform/declare-model.ts';
import type { CellError, RowValues } from '../cells/read-row.ts';
import type { ContactChange, PlanCode, PlanKind, RowPlan } from '../plan/rules.ts';
import { rowOutcomes, undoOutcomes, type RowOutcome, type UndoOutcome } from '../states.ts';

/** A row of a file: what it says, what is planned, and what became of it. */
export interface ImportRowDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly importId: Types.ObjectId;
  /** The number of the analysis that read it. */
  readonly analysis: number;
  /** Its place among the rows of the file, the header and blank lines not counted; from 1. */
  readonly n: number;
  readonly line: number;
  readonly values: RowValues;
  /** Cells that cannot be read. */
  readonly faults: readonly CellError[];
  /** The keys of its identities; empty if it has faults, so that it is no duplicate of a row that has none. */
  readonly keys: readonly string[];
  /** The same if it has faults, for the erasure of a person only. */
  readonly faultyKeys?: readonly string[];
  readonly hasEarlier: boolean;
  /** A later row has one of its keys. */
  readonly hasLater?: boolean;
  readonly plan?: RowVerdict;
  readonly outcome: RowOutcome;
  /** From here on: what became of it. */
  readonly result?: RowVerdict;
  /** The outcome is another one than planned, because a contact has changed since. */
  readonly isChangedSince?: boolean;
  readonly contactId?: Types.ObjectId;
  /** The version of the contact that the row wrote. */
  readonly contactVersion?: number;
  /** What the row has changed, as it was before. */
  readonly before?: RowBefore;
  /** Messages to the contact are still to be canceled. */
  readonly isFinishing?: boolean;
  readonly undo?: UndoOutcome;
}

export interface RowBefore extends Omit<ContactChange, 'tags'> {
  readonly tagIds?: readonly Types.ObjectId[];
}

export interface RowVerdict extends Pick<RowPlan, 'notices'> {
  readonly kind: PlanKind;
  readonly codes: readonly PlanCode[];
  /** What the rules of contacts say against it. */
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
}

export const importRowModel = declareTenantModel<ImportRowDoc>('import_rows', {
  importId: { type: Schema.Types.ObjectId, required: true },
  analysis: { type: Number, required: true },
  n: { type: Number, required: true },
  line: { type: Number, required: true },
  values: { type: Schema.Types.Mixed, required: true },
  faults: { type: [Schema.Types.Mixed], required: true },
  keys: { type: [String], required: true },
  faultyKeys: { type: [String], default: undefined },
  hasEarlier: { type: Boolean, required: true },
  hasLater: Boolean,
  plan: Schema.Types.Mixed,
  outcome: { type: String, enum: rowOutcomes, required: true },
  result: Schema.Types.Mixed,
  isChangedSince: Boolean,
  contactId: Schema.Types.ObjectId,
  contactVersion: Number,
  before: Schema.Types.Mixed,
  isFinishing: Boolean,
  undo: { type: String, enum: undoOutcomes },
});

importRowModel.schema.index({ clientId: 1, importId: 1, analysis: 1, n: 1 }, { unique: true });
importRowModel.schema.index({ clientId: 1, importId: 1, analysis: 1, outcome: 1, n: 1 });
importRowModel.schema.index({ clientId: 1, importId: 1, analysis: 1, 'plan.kind': 1, n: 1 });
// For duplicates inside a file, and for the erasure of a person.
importRowModel.schema.index({ clientId: 1, keys: 1, importId: 1 });
importRowModel.schema.index(
  { clientId: 1, faultyKeys: 1 },
  { partialFilterExpression: { faultyKeys: { $exists: true } } },
);
importRowModel.schema.index(
  { clientId: 1, importId: 1 },
  { name: 'finishing', partialFilterExpression: { isFinishing: true } },
);
