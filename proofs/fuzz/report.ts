import { formatReport } from '../shared/report.ts';
import type { FuzzReport } from './run.ts';

/** The outcome as a table, with every violation. */
export function formatFuzz(report: FuzzReport): string {
  const { options, violations } = report;
  const kinds = [...report.items].toSorted(([, a], [, b]) => b - a);
  return formatReport(
    [
      ['seed', options.seed],
      ['executions', `${report.executions} in ${report.seconds.toFixed(1)} s`],
      ['items', kinds.map(([kind, count]) => `${kind} ${count}`).join(', ')],
      ['uncaught', report.uncaught.length],
      ['forged and accepted', report.forged.length],
      ['genuine and refused', report.refused.length],
      ['slow twice', `${report.slow.length} (slowest ${report.slowestMs.toFixed(1)} ms)`],
      ['violations', violations.length],
    ],
    [{ title: 'Violations', lines: violations }],
  );
}
