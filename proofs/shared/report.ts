const maxListed = 40;

export type Row = readonly [name: string, value: string | number];

export interface ReportList {
  readonly title: string;
  readonly lines: readonly string[];
}

/** Rows as a table, and below it each list that has lines. */
export function formatReport(rows: readonly Row[], lists: readonly ReportList[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...lists.flatMap(formatList),
  ].join('\n');
}

function formatList({ title, lines }: ReportList): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > maxListed ? [`  … and ${lines.length - maxListed} more`] : [];
  return ['', `${title}:`, ...lines.slice(0, maxListed).map((line) => `  ${line}`), ...more];
}

export const toSeconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`;
