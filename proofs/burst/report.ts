import type { BurstReport } from './run.ts';

const mostShown = 40;

/** The outcome of a burst as a table, with what must not be. */
export function formatBurst(report: BurstReport): string {
  const { options, violations, totalMs } = report;
  const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`;
  const rows: (readonly [string, string | number])[] = [
    ['seed', options.seed],
    ['receipts', `${options.receipts} in ${report.posts} POSTs, of which repeated ${report.repeats}`],
    ['outbound messages', report.outbound],
    ['inbound messages', `${report.inbound} of ${report.contacts} contacts`],
    ['changes of a status', report.statusChanges],
    ['violations', violations.length],
    ['time', `${seconds(totalMs)}, of which posting ${seconds(report.postingMs)}`],
    ['processed', `${Math.round(options.receipts / (totalMs / 1_000))} receipts/s`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...violations.slice(0, mostShown).map((violation) => `  ${violation}`),
  ].join('\n');
}
