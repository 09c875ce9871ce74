import { formatReport, toSeconds } from '../shared/report.ts';

export interface StagedAlert {
  readonly incident: string;
  readonly alert: string;
  /** Null for never. */
  readonly firedAfterMs: number | null;
  /** Null if nothing was cured, or it did not end. */
  readonly endedAfterMs: number | null;
}

export interface IncidentReport {
  readonly staged: readonly StagedAlert[];
  readonly violations: readonly string[];
}

export const formatIncidents = ({ staged, violations }: IncidentReport): string =>
  formatReport(
    [
      ...staged.map(
        ({ incident, alert, firedAfterMs, endedAfterMs }) =>
          [
            incident,
            `${alert} ${firedAfterMs === null ? 'never fired' : `after ${toSeconds(firedAfterMs)}`}${
              endedAfterMs === null ? '' : `, ended ${toSeconds(endedAfterMs)} after the cure`
            }`,
          ] as const,
      ),
      ['violations', violations.length],
    ],
    [{ title: 'Violations', lines: violations }],
  );
