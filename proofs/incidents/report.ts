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
  /** Incidents that this machine cannot stage, with the reason. */
  readonly notStaged: readonly string[];
  /** Alerts that fired and that no incident asked for: they may be right, and a reader judges them. */
  readonly others: readonly string[];
}

export const formatIncidents = ({ staged, violations, notStaged, others }: IncidentReport): string =>
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
    [
      { title: 'NOT STAGED HERE', lines: notStaged },
      { title: 'Other alerts that fired', lines: others },
      { title: 'Violations', lines: violations },
    ],
  );
