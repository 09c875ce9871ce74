/** What one test file came to. */
export interface FileResult {
  readonly file: string;
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
  readonly durationMs: number;
  /** The names of its tests, as mocha prints them. */
  readonly report: string;
  /** What failed and where; empty when nothing did. */
  readonly failureReport: string;
}

export type ToShard = { readonly kind: 'run'; readonly file: string } | { readonly kind: 'end' };

export type FromShard =
  | { readonly kind: 'result'; readonly result: FileResult }
  /** The process has nothing left to do, and these keep it alive. */
  | { readonly kind: 'still-open'; readonly resources: readonly string[] };
