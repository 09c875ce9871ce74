import { formatReport, toSeconds, type Row } from '../shared/report.ts';
import { stormTargets, type Kill } from './kills.ts';
import type { StormReport } from './run.ts';

/** The outcome of a storm as a table, with every violation. */
export const formatStorm = (report: StormReport): string =>
  formatReport(rowsOf(report), [{ title: 'Violations', lines: report.violations }]);

function rowsOf(report: StormReport): readonly Row[] {
  const { options, posting, figures, violations } = report;
  return [
    ['seed', options.seed],
    ['contacts', options.conversations],
    [
      'messages',
      `${report.messages} in ${posting.posts} webhooks, ${posting.repeats} posted again for want of an answer`,
    ],
    ['files', report.files],
    ['agents', options.agents],
    ['what agents did', describeCounts(report.acts)],
    ['answers of agents', report.replies],
    ['decisions of the product', describeCounts(figures.decisions)],
    ['longest queue', figures.longestQueue],
    ['wait for an agent', describeTimes(figures.waitsMs)],
    ['conversations reopened', figures.reopenings],
    ['deadlines', `${figures.warnings} warnings, ${figures.breaches} breaches`],
    ['live events', `${figures.events}; clients were connected ${figures.connections} times`],
    ['kill -9', describeKills(report.kills)],
    ['kills during assignments', report.kills.filter(({ load }) => load.queued > 0).length],
    ['kills during fetches of files', report.kills.filter(({ load }) => load.files > 0).length],
    ['kills during the numbering of events', report.kills.filter(({ load }) => load.untold > 0).length],
    ['time', `${toSeconds(report.totalMs)}, of which posting ${toSeconds(report.postingMs)}`],
    ['violations', violations.length],
  ];
}

const describeCounts = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => `${name} ${count}`)
    .join(' · ');

const describeKills = (kills: readonly Kill[]): string =>
  stormTargets.map((name) => `${name} ${kills.filter(({ target }) => target === name).length}`).join(' · ');

function describeTimes(timesMs: readonly number[]): string {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const at = (share: number) => toSeconds(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, longest ${at(1)}`;
}

const maxRuns = 3;
const heading = '## Seed ';

const about = `# The storm of the inbox

\`npm run inbox-storm -- --page docs/inbox-storm.md\` writes this page: the latest ${maxRuns} storms, each with its own seed.
[testing.md](testing.md#proofs) says what happens in a storm and what must hold.
`;

/** The page with the storm among the latest others, first. Pure. */
export function addToPage(page: string, report: StormReport): string {
  const [, ...others] = page.split(heading);
  const { seed } = report.options;
  const kept = others.filter((section) => !section.startsWith(`${seed}\n`)).slice(0, maxRuns - 1);
  const sections = [sectionOf(report), ...kept.map((section) => section.trimEnd())];
  return `${about}\n${sections.map((section) => `${heading}${section}`).join('\n\n')}\n`;
}

function sectionOf(report: StormReport): string {
  const rows = rowsOf(report).map(([name, value]) => [name, String(value)] as const);
  const widths = [0, 1].map((column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const table = [line(['', '']), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
  const violations = report.violations.slice(0, 20).map((violation) => `- ${violation}`);
  return [
    String(report.options.seed),
    '',
    ...table,
    ...(violations.length > 0 ? ['', ...violations] : []),
  ].join('\n');
}
