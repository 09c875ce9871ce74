import { describeCounts, type ChaosReport } from './run.ts';

const mostShown = 40;

/** The outcome of a run as a table, with every violation and every message whose call was interrupted. */
export function formatReport(report: ChaosReport): string {
  const { options, violations, interrupted } = report;
  const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`;
  const rows: (readonly [string, string | number])[] = [
    ['seed', options.seed],
    ['messages', options.messages],
    ['kill -9', options.kills],
    ['faults', report.recoveries.length],
    ['database commands made to fail', sum(report.recoveries.map(({ failedCommands }) => failedCommands))],
    ['accepted by the API', report.accepted],
    ['POSTs repeated', report.repeats],
    ['provider calls', `${report.calls}, of which accepted ${report.acceptedCalls}`],
    ['statuses', describeCounts(report.statuses)],
    ['outcome unknown at first', `${interrupted.length} (at most ${report.mostUnknown})`],
    ['answers lost by the provider', report.lostAnswers],
    ['lost', report.lost],
    ['sent twice', report.sentTwice],
    ['violations', violations.length],
    ['time', `${seconds(report.totalMs)}, of which sending ${seconds(report.sendingMs)}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const unsettled = interrupted.filter(({ endedAs }) => endedAs === 'unknown');
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...listOf(
      'For an operator to settle (outcome unknown, never taken):',
      unsettled.map(({ id }) => id),
    ),
    ...listOf(
      'At full rate again after (from the end of the fault):',
      report.recoveries.map(({ name, recoveryMs }) => `${seconds(recoveryMs).padStart(8)}  ${name}`),
    ),
    ...listOf('Violations:', violations),
  ].join('\n');
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

function listOf(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > mostShown ? [`  … and ${lines.length - mostShown} more`] : [];
  return ['', title, ...lines.slice(0, mostShown).map((line) => `  ${line}`), ...more];
}
