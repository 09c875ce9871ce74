import type { FileResult } from './messages.ts';

type Log = (line: string) => void;

const slowestCount = 10;

export interface Counts {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
}

export function addUp(results: readonly FileResult[]): Counts {
  const sum = (key: keyof Counts): number => results.reduce((total, result) => total + result[key], 0);
  return { passes: sum('passes'), failures: sum('failures'), pending: sum('pending') };
}

/** A file in one piece, because others run at the same time. A file without a test that was asked for says nothing. */
export function printResult({ file, report, durationMs }: FileResult, log: Log): void {
  if (report !== '') log(`\n${file} (${seconds(durationMs)} s)\n\n  ${report}`);
}

/** What failed, by file, where it is found: after everything that passed. */
export function printFailures(results: readonly FileResult[], log: Log): void {
  for (const { file, failures, failureReport } of results) {
    if (failures > 0) log(`\nFAILED in ${file}: ${failures}\n${failureReport}`);
  }
}

/** Where time can be saved. */
export function printSlowest(results: readonly FileResult[], log: Log): void {
  if (results.length < 2) return;
  log('\nthe slowest files:');
  const slowest = results.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, slowestCount);
  for (const { file, durationMs } of slowest) log(`${seconds(durationMs).padStart(7)} s  ${file}`);
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
