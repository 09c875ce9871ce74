import type { FileFault } from '../rows.ts';

/** Ends the reading of a workbook; the reader turns it into an event. */
export class WorkbookRefusal extends Error {
  readonly code: FileFault['code'];

  constructor(code: FileFault['code']) {
    super(code);
    this.code = code;
  }
}
