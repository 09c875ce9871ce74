import { formatReport, toSeconds } from '../shared/report.ts';
import type { StopRaceReport } from './run.ts';

/** The outcome as a table, with every violation. */
export function formatStopRace(report: StopRaceReport): string {
  const { options, violations, latenciesMs } = report;
  return formatReport(
    [
      ['seed', options.seed],
      ['messages', `${report.accepted} accepted, of which ${report.racing} during a stop`],
      ['refused during a stop', report.refused],
      ['contacts', `${options.contacts}, of which ${report.stops} said STOP`],
      ['sent', report.sent],
      ['canceled', `${report.canceled}, of which by the proofs ${report.canceledByProofs}`],
      ['sent between STOP and its acknowledgement', report.whileStopping],
      ['STOP to acknowledged', describeLatencies(latenciesMs)],
      ['violations', violations.length],
      ['time', toSeconds(report.totalMs)],
    ],
    [{ title: 'Violations', lines: violations }],
  );
}

function describeLatencies(latenciesMs: readonly number[]): string {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (share: number) => `${sorted[Math.ceil(share * sorted.length) - 1] ?? 'none'} ms`;
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, max ${at(1)}`;
}
