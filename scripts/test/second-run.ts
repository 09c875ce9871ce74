import type { FileResult } from './messages.ts';
import type { ShardsOutcome } from './shards.ts';

/** A defect fails many files; then the first results say enough. */
const maxFiles = 12;

/** As long as the second run may take, judged by the first. */
const maxMs = 15 * 60_000;

export interface SettledOutcome extends ShardsOutcome {
  /** First results of files that failed beside others and passed alone. */
  readonly unstable: readonly FileResult[];
}

/**
 * Runs the files that failed once more, alone: on a machine that neighbours slow down, the limits of tests are reached
 * by what is only waiting. A failure that does not repeat does not fail the run, but is printed with its reason.
 */
export async function runFailedAlone(
  { results, problems }: ShardsOutcome,
  runAlone: (files: readonly string[]) => Promise<ShardsOutcome>,
): Promise<SettledOutcome> {
  const failed = results.filter(({ failures }) => failures > 0);
  const tookMs = failed.reduce((sum, { durationMs }) => sum + durationMs, 0);
  if (failed.length === 0 || failed.length > maxFiles || tookMs > maxMs)
    return { results, problems, unstable: [] };
  const second = await runAlone(failed.map(({ file }) => file));
  const again = new Map(second.results.map((result) => [result.file, result]));
  return {
    results: results.map((result) => again.get(result.file) ?? result),
    problems: [...problems, ...second.problems],
    unstable: failed.filter(({ file }) => again.get(file)?.failures === 0),
  };
}
