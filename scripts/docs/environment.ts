/** Consecutive variables under one comment share one line of the table. */
interface Group {
  readonly title: string;
  readonly rows: { names: string[]; defaults: string[]; comment: string }[];
}

const begin = '<!-- environment: begin -->';
const end = '<!-- environment: end -->';

/** The page with its environment table replaced by one rendered from `.env.example`. */
export function withEnvironmentTable(page: string, envExample: string): string {
  const start = page.indexOf(begin);
  const stop = page.indexOf(end);
  if (start < 0 || stop < start) throw new Error(`The page needs the marks ${begin} and ${end}.`);
  return `${page.slice(0, start + begin.length)}\n\n${renderEnvironment(envExample)}\n${page.slice(stop)}`;
}

function renderEnvironment(envExample: string): string {
  const lines = ['| variable | in .env.example | meaning |', '| --- | --- | --- |'];
  for (const { title, rows } of readGroups(envExample)) {
    lines.push(`| **${title}** | | |`);
    for (const { names, defaults, comment } of rows) {
      const values = defaults.some((value) => value !== '')
        ? defaults.map((value) => (value === '' ? '–' : `\`${value}\``)).join(', ')
        : '';
      lines.push(
        `| ${names.map((name) => `\`${name}\``).join(', ')} | ${values} | ${comment.replaceAll('|', '\\|')} |`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function readGroups(envExample: string): Group[] {
  const groups: Group[] = [];
  let comment: string[] = [];
  let row: Group['rows'][number] | null = null;
  for (const line of envExample.split('\n')) {
    const title = /^# --- (.+?) -+$/.exec(line)?.[1];
    const text = /^# (.*)$/.exec(line)?.[1];
    const [, name, value = ''] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (title !== undefined) {
      groups.push({ title, rows: [] });
      comment = [];
      row = null;
    } else if (text !== undefined) {
      if (row !== null) comment = [];
      comment.push(text);
      row = null;
    } else if (name !== undefined) {
      if (row === null) {
        row = { names: [], defaults: [], comment: comment.join(' ') };
        groups.at(-1)?.rows.push(row);
      }
      row.names.push(name);
      row.defaults.push(value);
    }
  }
  return groups;
}
