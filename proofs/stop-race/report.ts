import type { StopRaceReport } from './run.ts';

const mostShown = 40;

/** The outcome as a table, with what must not be. */
export function formatStopRace(report: StopRaceReport): string {
  const { options, violations, latenciesMs } = report;
  const rows: (readonly [string, string | number])[] = [
    ['seed', options.seed],
    ['messages', `${report.accepted} accepted, ${report.racing} of them at the moment of a stop`],
    ['refused at that moment', report.refused],
    ['contacts', `${options.contacts}, of which ${report.stops} said STOP`],
    ['sent', report.sent],
    ['canceled', `${report.canceled}, of which by the proofs ${report.canceledByProofs}`],
    ['sent between STOP and its acknowledgement', report.whileStopping],
    ['STOP to acknowledged', describeLatencies(latenciesMs)],
    ['violations', violations.length],
    ['time', `${(report.totalMs / 1_000).toFixed(1)} s`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...violations.slice(0, mostShown).map((violation) => `  ${violation}`),
  ].join('\n');
}

function describeLatencies(latenciesMs: readonly number[]): string {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (share: number) => `${sorted[Math.ceil(share * sorted.length) - 1] ?? 'none'} ms`;
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, longest ${at(1)}`;
}
