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

/**
 * Prints a file's report in one call, because files run in parallel. A file without a selected test prints nothing.
 */
export function printResult({ file, report, durationMs }: FileResult, log: Log): void {
  if (report !== '') log(`\n${file} (${seconds(durationMs)} s)\n\n  ${report}`);
}

/** Prints all failures by file, at the end of the run. */
export function printFailures(results: readonly FileResult[], log: Log): void {
  for (const { file, failures, failureReport } of results) {
    if (failures > 0) log(`\nFAILED in ${file}: ${failures}\n${failureReport}`);
  }
}

/** Prints what failed beside other files and passed alone. */
export function printUnstable(first: readonly FileResult[], log: Log): void {
  for (const { file, failureReport } of first)
    log(`\nUNSTABLE: ${file} failed beside others and passed alone\n${failureReport}`);
}

/** Names the tests that this machine could not run, with the reasons. */
export function printLeftOut(results: readonly FileResult[], log: Log): void {
  for (const { file, leftOut = [] } of results)
    for (const { reason, tests } of leftOut) log(`\nNOT RUN HERE: ${tests} tests of ${file}. ${reason}`);
}

/** Shows where time can be saved. */
export function printSlowest(results: readonly FileResult[], log: Log): void {
  if (results.length < 2) return;
  log('\nslowest files:');
  const slowest = results.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, slowestCount);
  for (const { file, durationMs } of slowest) log(`${seconds(durationMs).padStart(7)} s  ${file}`);
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
