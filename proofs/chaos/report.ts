import { describeCounts } from './counts.ts';
import { formatReport, toSeconds } from '../shared/report.ts';
import type { ChaosReport } from './run.ts';

/** The outcome of a run as a table, with every violation and every message whose call was interrupted. */
export function formatChaos(report: ChaosReport): string {
  const { options, violations, interrupted, recoveries } = report;
  const failedCommands = recoveries.reduce((sum, recovery) => sum + recovery.failedCommands, 0);
  const unsettled = interrupted.filter(({ endedAs }) => endedAs === 'unknown');
  return formatReport(
    [
      ['seed', options.seed],
      ['messages', options.messages],
      ['kill -9', options.kills],
      ['faults', recoveries.length],
      ['database commands made to fail', failedCommands],
      ['accepted by the API', report.accepted],
      ['POSTs repeated', report.repeats],
      ['provider calls', `${report.calls}, of which accepted ${report.acceptedCalls}`],
      ['statuses', describeCounts(report.statuses)],
      ['outcome unknown at first', `${interrupted.length} (at most ${report.maxUnknown})`],
      ['answers lost by the provider', report.lostAnswers],
      ['lost', report.lost],
      ['sent twice', report.sentTwice],
      ['violations', violations.length],
      ['time', `${toSeconds(report.totalMs)}, of which sending ${toSeconds(report.sendingMs)}`],
    ],
    [
      {
        title: 'For an operator to settle (outcome unknown, never taken)',
        lines: unsettled.map(({ id }) => id),
      },
      {
        title: 'Back at full rate after (from the end of the fault)',
        lines: recoveries.map(({ name, recoveryMs }) => `${toSeconds(recoveryMs).padStart(8)}  ${name}`),
      },
      { title: 'Violations', lines: violations },
    ],
  );
}
