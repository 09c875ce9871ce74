import type { ImportStep } from './lifecycle.ts';

/** The contract between the product, the workflow of an import and its activities. Carries ids only. */
export const importContactsType = 'importContacts';
/** Imports have places of their own: a million rows must not hold those of files or sends. */
export const importsQueue = 'imports';

export const importWorkflowIdOf = (importId: string): string => `import:${importId}`;

/** The import may have something to do. */
export const wakeSignal = 'wake';

export interface ImportRef {
  readonly clientId: string;
  readonly importId: string;
}

export interface ImportContactsInput extends ImportRef {
  /** Version of this input's shape. */
  readonly v: 1;
}

/**
 * A slice works for about this long; then others of the queue have their turn. The copy of a large file is one slice,
 * which the time-out allows for.
 */
export const sliceMs = 20_000;
export const sliceTimeoutMs = 15 * 60_000;
/** A slice whose worker died is repeated after this time. */
export const importHeartbeatTimeoutMs = 15_000;

/** The activities, by the name that the workflow calls. Each does one slice, may be repeated, and tells what is next. */
export interface ImportActivities {
  nextImportStep(ref: ImportRef): Promise<ImportStep>;
  /** Reads the file and plans its rows: the dry run. */
  analyseImport(ref: ImportRef): Promise<ImportStep>;
  /** Writes contacts. */
  applyImport(ref: ImportRef): Promise<ImportStep>;
  /** Marks the rows that are left of a canceled import. */
  settleImport(ref: ImportRef): Promise<ImportStep>;
  undoImport(ref: ImportRef): Promise<ImportStep>;
}
