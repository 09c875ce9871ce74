import type { LeftOut } from './left-out.ts';

/** The result of one test file. */
export interface FileResult {
  readonly file: string;
  readonly passes: number;
  readonly failures: number;
  /** Skipped tests, without those that were left out. */
  readonly pending: number;
  readonly leftOut?: readonly LeftOut[];
  readonly durationMs: number;
  /** The test names as mocha prints them. */
  readonly report: string;
  /** The failures with their stack traces; empty if there are none. */
  readonly failureReport: string;
}

export type ToShard = { readonly kind: 'run'; readonly file: string } | { readonly kind: 'end' };

export type FromShard =
  | { readonly kind: 'result'; readonly result: FileResult }
  /** The process has finished, but these resources keep it alive; the files are those that may have left them open. */
  | { readonly kind: 'still-open'; readonly resources: readonly string[]; readonly files: readonly string[] };
