import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '../../../scripts/paths.ts';
import { cleanName } from '../../../src/platform/text.ts';

export interface Leaf {
  /** From the value of a change: `messages[].text.body`. */
  readonly path: string;
  readonly value: string | number | boolean;
}

/** The leaves of a JSON value. Null and the empty text hold nothing. */
export function leavesOf(value: unknown, path = ''): Leaf[] {
  if (value === null || value === '' || value === undefined) return [];
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return [{ path, value }];
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, `${path}[]`));
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item, path === '' ? key : `${path}.${key}`));
}

/** The leaves of a posted body; those of values have paths from the value. */
export const leavesOfBody = (body: string): Leaf[] =>
  leavesOf(JSON.parse(body)).map(({ path, value }) => ({
    path: path.replace(/^entry\[\]\.changes\[\]\.value\./, ''),
    value,
  }));

/** Everything that answers show, as text. */
export const shownIn = (answers: unknown): ReadonlySet<string> =>
  new Set(leavesOf(answers).map(({ value }) => String(value)));

/** Whether a leaf is shown: as it is, as a time, without invisible characters, or part by part if it is JSON itself. */
export function isShown({ path, value }: Leaf, shown: ReadonlySet<string>): boolean {
  const text = String(value);
  if (shown.has(text) || shown.has(`+${text}`)) return true;
  if (/^\d{9,13}(\.\d+)?$/.test(text) && shown.has(isoOf(Number(text)))) return true;
  const clean = typeof value === 'string' ? cleanName(value, 200) : undefined;
  // A name with nothing to see is none.
  if (clean === undefined ? path.endsWith('profile.name') : shown.has(clean)) return true;
  const parts = typeof value === 'string' && value.startsWith('{') ? parsed(value) : null;
  return parts !== null && leavesOf(parts).every((part) => isShown(part, shown));
}

const isoOf = (time: number): string => new Date(time > 1e11 ? time : time * 1_000).toISOString();

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The leaves that are not shown on purpose: the table of paths in `docs/inbound-payloads.md`. */
export function readHiddenPaths(): readonly string[] {
  const page = readFileSync(join(rootDir, 'docs', 'inbound-payloads.md'), 'utf8');
  const section = page.split('## Not shown')[1] ?? '';
  const rows = section.split('\n## ')[0]?.split('\n') ?? [];
  return rows.flatMap((row) => {
    const [, paths = '', reason = ''] = row.split('|');
    if (reason.trim() === '') return [];
    return [...paths.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
  });
}

/** Whether a path is one of these; `*` stands for one name. */
export const isAmong = (path: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => {
    const escaped = pattern.replace(/[.[\]\\^$+?()|{}]/g, String.raw`\$&`).replaceAll('*', String.raw`\w+`);
    return new RegExp(`^${escaped}$`).test(path);
  });
