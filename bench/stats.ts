/** The statistics that the benchmarks need. Pure. */

export interface RatioSummary {
  /** The median of the ratios of the rounds: the figure that a benchmark is judged by. */
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly rounds: readonly number[];
}

/** The quantile `fraction` (0 to 1) of the values, interpolated linearly. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].toSorted((a, b) => a - b);
  if (sorted.length === 0) throw new RangeError('There is no quantile of nothing.');
  const position = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Reported latencies: the median, the slow ones and the slowest. */
export interface LatencySummary {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
}

export const summarizeLatencies = (values: readonly number[]): LatencySummary => ({
  p50: quantile(values, 0.5),
  p95: quantile(values, 0.95),
  p99: quantile(values, 0.99),
  longest: Math.max(...values),
});

/**
 * The maximum number of times that fall into any window of this length. The window excludes its end: times exactly
 * one window apart never share one. Rounding times down to whole units therefore never increases the result.
 */
export function maxInWindow(moments: readonly number[], window: number): number {
  const sorted = moments.toSorted((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [index, moment] of sorted.entries()) {
    while (moment - (sorted[first] ?? moment) >= window) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

/** The shortest time between neighbours; null if there are fewer than two. */
export function minGap(moments: readonly number[]): number | null {
  const sorted = moments.toSorted((a, b) => a - b);
  const gaps = sorted.slice(1).map((moment, index) => moment - (sorted[index] ?? moment));
  return gaps.length === 0 ? null : gaps.reduce((shortest, gap) => Math.min(shortest, gap));
}

/** The ratio of each round of `ours` to the same round of the baseline: disturbances that affect both cancel out. */
export function summarizeRatios(ours: readonly number[], baseline: readonly number[]): RatioSummary {
  if (ours.length === 0 || ours.length !== baseline.length)
    throw new RangeError(`There are ${ours.length} rounds of ours and ${baseline.length} of the baseline.`);
  const rounds = ours.map((value, index) => value / (baseline[index] ?? Number.NaN));
  return { median: median(rounds), lowest: Math.min(...rounds), highest: Math.max(...rounds), rounds };
}

export interface Targets {
  readonly better: 'more' | 'less';
  readonly floor: number;
  readonly goal: number;
  readonly moonshot: number;
}

/** The target that a value reaches. */
export function gradeOf(value: number, { better, floor, goal, moonshot }: Targets): string {
  const reaches = (target: number) => (better === 'more' ? value >= target : value <= target);
  if (reaches(moonshot)) return 'moonshot';
  if (reaches(goal)) return 'goal';
  return reaches(floor) ? 'floor' : 'below the floor';
}
