import { formatReport, toSeconds } from '../shared/report.ts';
import { stopKinds } from './plan.ts';
import type { StopsReport } from './run.ts';

/** The outcome as a table, with every violation. */
export function formatStops(report: StopsReport): string {
  const { options, violations, latenciesMs } = report;
  return formatReport(
    [
      ['seed', options.seed],
      ['tries', options.tries],
      ['messages called before the answer', report.before],
      ['messages called after it, once the stop was lifted', report.after],
      ['messages never called', report.never],
      ...stopKinds.map(
        (kind) => [`${kind} to answer`, describeLatencies(latenciesMs.get(kind) ?? [])] as const,
      ),
      ['violations', violations.length],
      ['time', toSeconds(report.totalMs)],
    ],
    [{ title: 'Violations', lines: violations }],
  );
}

function describeLatencies(latenciesMs: readonly number[]): string {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (share: number) => `${Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0)} ms`;
  return `${sorted.length} times: p50 ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)}`;
}
