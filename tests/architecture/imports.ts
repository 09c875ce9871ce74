import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';

/** One import line: a file of ours by its path from the root, or a package by its name. */
export interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
  readonly isPackage: boolean;
}

const folders = ['src', 'workflows', 'activities', 'sandbox', 'scripts', 'proofs', 'bench'];

/** Every TypeScript file that the rules are about, by its path from the root. */
export const files: readonly string[] = folders.flatMap((folder) =>
  readdirSync(join(rootDir, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);

const importLine =
  /^(?:import|export)(?<type>\s+type)?\s+(?:[^'";]*?\s+from\s+)?'(?<target>[^']+)'|import\('(?<dynamic>[^']+)'\)/gm;

function importsOf(file: string): Import[] {
  const text = readFileSync(join(rootDir, file), 'utf8');
  return [...text.matchAll(importLine)].map(({ groups = {} }) => {
    const target = groups['target'] ?? groups['dynamic'] ?? '';
    const isPackage = !target.startsWith('.');
    const to = isPackage ? target : join(dirname(file), target);
    return { from: file, to, isTypeOnly: groups['type'] !== undefined, isPackage };
  });
}

export const readImports = (): readonly Import[] => files.flatMap(importsOf);

/** The floors of `src/`, the lowest first. A room may import rooms of its own floor and of the floors below. */
export const floors = [
  ['platform', 'http', 'whatsapp', 'audit', 'mail', 'events', 'idempotency', 'timers', 'quotas', 'storage'],
  ['identity', 'channels', 'rates', 'openings'],
  ['people', 'templates', 'consent'],
  ['inbox', 'sending'],
  ['webhooks', 'outreach', 'automation'],
  ['insight', 'integration'],
  ['app'],
  ['bin'],
] as const;

/** The areas whose folders are nouns, each a room of its own. */
const areas: ReadonlySet<string> = new Set([
  'identity',
  'people',
  'consent',
  'inbox',
  'sending',
  'outreach',
  'automation',
  'insight',
  'integration',
]);

/** Programs of one room: whatever folders they have are their own affair. */
const programs: ReadonlySet<string> = new Set(['workflows', 'activities', 'sandbox']);

/**
 * The room of a file: a noun (`identity/users`), an area without nouns (`channels`), a folder of a tool
 * (`bench/load`), or the file itself where it stands beside such folders.
 */
export function roomOf(file: string): string {
  const [top = '', folder = '', noun = '', rest] = file.split('/');
  if (programs.has(top)) return top;
  if (top !== 'src') return noun === '' ? file : `${top}/${folder}`;
  return areas.has(folder) ? `${folder}/${noun}` : rest === undefined && noun === '' ? file : folder;
}

/** The floor of a file of `src/`, counted from 1; null elsewhere. */
export function floorOf(file: string): number | null {
  const [top, area] = file.split('/');
  const index = floors.findIndex((floor) => (floor as readonly string[]).includes(area ?? ''));
  return top !== 'src' || index === -1 ? null : index + 1;
}

export interface ImportGraph {
  readonly neighbours: ReadonlyMap<string, ReadonlySet<string>>;
  readonly lines: readonly { readonly a: string; readonly b: string; readonly text: string }[];
}

/** Which nodes import which, where `nodeOf` says what the node of a file is. */
export function importGraph(imports: readonly Import[], nodeOf: (file: string) => string): ImportGraph {
  const neighbours = new Map<string, Set<string>>();
  const lines = imports
    .map(({ from, to }) => ({ a: nodeOf(from), b: nodeOf(to), text: `${from} imports ${to}` }))
    .filter(({ a, b }) => a !== b);
  for (const { a, b } of lines) neighbours.set(a, (neighbours.get(a) ?? new Set()).add(b));
  return { neighbours, lines };
}

function reachableFrom(start: string, { neighbours }: ImportGraph): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [...(neighbours.get(start) ?? [])];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    open.push(...(neighbours.get(node) ?? []));
  }
  return seen;
}

/** One text for each group of nodes that reach each other: the nodes, and every import between them. */
export function circlesOf(graph: ImportGraph): string[] {
  const reach = new Map([...graph.neighbours.keys()].map((node) => [node, reachableFrom(node, graph)]));
  const groups = new Set<string>();
  for (const [node, seen] of reach) {
    if (!seen.has(node)) continue;
    const group = [...seen].filter((other) => reach.get(other)?.has(node) === true).toSorted();
    const inside = new Set(group);
    const texts = graph.lines.filter(({ a, b }) => inside.has(a) && inside.has(b)).map(({ text }) => text);
    const lines = [...new Set(texts)].toSorted().map((text) => `\n  ${text}`);
    groups.add(`${group.join(', ')} import each other:${lines.join('')}`);
  }
  return [...groups];
}
