import { fileFaultCodes } from './rows.ts';

/** Where an import is. */
export const importStates = [
  /** The file arrives. */
  'uploading',
  'analysing',
  /** The dry run is done: users look at the proposal and start, change or cancel it. */
  'ready',
  'running',
  'paused',
  /** The rest of the rows is being marked as canceled. */
  'canceling',
  'undoing',
  'completed',
  'canceled',
  'undone',
  'failed',
] as const;
export type ImportState = (typeof importStates)[number];

/** What became of a row. Every row has one, so that their counts add up to the rows of the file. */
export const rowOutcomes = [
  'pending',
  ...(['created', 'updated', 'unchanged', 'skipped', 'invalid', 'duplicate', 'ambiguous'] as const),
  'canceled',
] as const;
export type RowOutcome = (typeof rowOutcomes)[number];

/** What undoing did to a row that had changed a contact. */
export const undoOutcomes = [
  'removed',
  'restored',
  /** The contact was changed, or is used, since. */
  'kept',
] as const;
export type UndoOutcome = (typeof undoOutcomes)[number];

/** Why a file cannot be imported. */
export const importFaultCodes = [
  ...fileFaultCodes,
  /** A workbook from before 2007, or one with a password. */
  'old-workbook',
  'no-table',
] as const;

export interface ImportFault {
  readonly code: (typeof importFaultCodes)[number];
  /** Where the row begins that the fault is in. */
  readonly line?: number;
}
