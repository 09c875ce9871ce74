import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootDir } from './paths.ts';

/**
 * Makes the tables of `src/people/zones/` from `resources/timezones/map_data.txt` of Google's libphonenumber, whose lines
 * are `prefix|zone&zone`: `node --import tsx scripts/number-zones.ts map_data.txt`.
 */

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error('Name the file map_data.txt of libphonenumber.');

const zonesOf = new Map<string, string>();
for (const line of (await readFile(source, 'utf8')).split('\n')) {
  const [prefix = '', zones = ''] = line.split('|');
  if (/^\d+$/.test(prefix) && zones !== '') zonesOf.set(prefix, zones.trim().split('&').toSorted().join(' '));
}

/** What a number with the prefix would be told without an entry of its own. */
function inherited(prefix: string): string | undefined {
  for (let end = prefix.length - 1; end > 0; end -= 1) {
    const zones = zonesOf.get(prefix.slice(0, end));
    if (zones !== undefined) return zones;
  }
  return undefined;
}

const prefixesOf = new Map<string, string[]>();
for (const [prefix, zones] of zonesOf)
  if (inherited(prefix) !== zones) prefixesOf.set(zones, [...(prefixesOf.get(zones) ?? []), prefix]);

async function write(name: string, isOurs: (prefix: string) => boolean): Promise<void> {
  const lines = [...prefixesOf].flatMap(([zones, prefixes]) => {
    const ours = prefixes.filter(isOurs).toSorted();
    return ours.length === 0 ? [] : [`${zones}: ${ours.join(' ')}`];
  });
  const text = [
    '/**',
    ' * Made by `scripts/number-zones.ts` from `resources/timezones/map_data.txt` of libphonenumber (Google, Apache-2.0):',
    ' * the time zones of the places whose numbers begin so.',
    ' */',
    `export const ${name} = \`\n${lines.toSorted().join('\n')}\n\`;`,
    '',
  ];
  const file = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  await writeFile(join(rootDir, 'src', 'people', 'zones', `${file}.ts`), text.join('\n'));
}

const isNorthAmerican = (prefix: string): boolean => prefix.startsWith('1');
await write('northAmericanPrefixes', isNorthAmerican);
await write('otherPrefixes', (prefix) => !isNorthAmerican(prefix));
