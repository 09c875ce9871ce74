/** Messages between the benchmark, the bare worker process and its workflows. */

export interface BareInput {
  readonly messageId: string;
  readonly deadlineMs: number;
  readonly receiptsExpected: number;
}

export interface BareReceipts {
  readonly receipts: readonly string[];
}

export interface BareActivities {
  dispatch(input: { readonly messageId: string }): Promise<string>;
  applyReceipts(input: BareReceipts & { readonly messageId: string }): Promise<void>;
}

export interface BareSettings {
  readonly address: string;
  readonly namespace: string;
  readonly workflowBundlePath: string;
  readonly port: number;
}

export interface BareRun {
  readonly kind: 'lifecycle' | 'noop';
  /** Prefix of this run's workflow ids; must be unused. */
  readonly prefix: string;
  readonly count: number;
  readonly inFlight: number;
  readonly receiptDelaysMs: readonly number[];
}
