import { formatReport, toSeconds } from '../shared/report.ts';
import type { BurstReport } from './run.ts';

/** The outcome of a burst as a table, with every violation. */
export function formatBurst(report: BurstReport): string {
  const { options, violations, totalMs } = report;
  return formatReport(
    [
      ['seed', options.seed],
      ['receipts', `${options.receipts} in ${report.posts} POSTs, of which repeated ${report.repeats}`],
      ['outbound messages', report.outbound],
      ['inbound messages', `${report.inbound} of ${report.contacts} contacts`],
      ['changes of a status', report.statusChanges],
      ['violations', violations.length],
      ['time', `${toSeconds(totalMs)}, of which posting ${toSeconds(report.postingMs)}`],
      ['processed', `${Math.round(options.receipts / (totalMs / 1_000))} receipts/s`],
    ],
    [{ title: 'Violations', lines: violations }],
  );
}
