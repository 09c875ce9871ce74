const kib = 1024;
const mib = 1024 * kib;

export interface ImportBounds {
  readonly maxFileBytes: number;
  /** Without the header and without blank lines. */
  readonly maxRows: number;
  /** More than a spreadsheet has below its data. */
  readonly maxBlankLines: number;
  readonly maxColumns: number;
  readonly maxCellBytes: number;
  /** A longer row is a quote that was never closed, or another kind of file. */
  readonly maxRowBytes: number;
  /** Header names are shown in proposals and reports. */
  readonly maxHeaderLength: number;
  readonly maxXlsxBytes: number;
  /** Of everything that is read from a workbook together. */
  readonly maxInflatedBytes: number;
  /** The texts of a workbook stand apart from its cells, so they are held in memory. */
  readonly maxSharedTextBytes: number;
  readonly maxSharedTexts: number;
  readonly maxZipEntries: number;
}

/** What one import may take. The readers stop at these bounds, so that a file cannot take more memory than a row does. */
export const importBounds: ImportBounds = {
  maxFileBytes: 100 * mib,
  maxRows: 1_000_000,
  maxBlankLines: 2_000_000,
  maxColumns: 200,
  maxCellBytes: 32 * kib,
  maxRowBytes: mib,
  maxHeaderLength: 100,
  maxXlsxBytes: 5 * mib,
  maxInflatedBytes: 100 * mib,
  maxSharedTextBytes: 32 * mib,
  maxSharedTexts: 1_000_000,
  maxZipEntries: 1_000,
};
