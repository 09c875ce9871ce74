import { digitsOf } from '../../platform/phone.ts';
import { northAmericanPrefixes } from './north-american-prefixes.ts';
import { otherPrefixes } from './other-prefixes.ts';

let zonesByPrefix: ReadonlyMap<string, readonly string[]> | undefined;

function readTables(): ReadonlyMap<string, readonly string[]> {
  const table = new Map<string, readonly string[]>();
  for (const line of `${northAmericanPrefixes}${otherPrefixes}`.split('\n')) {
    const [zones = '', prefixes = ''] = line.split(': ');
    for (const prefix of prefixes.split(' ')) if (prefix !== '') table.set(prefix, zones.split(' '));
  }
  return table;
}

/** The zones of the places that an E.164 number may belong to, by its longest known beginning; empty if none is known. */
export function zonesOfNumber(phone: string): readonly string[] {
  zonesByPrefix ??= readTables();
  const digits = digitsOf(phone);
  for (let end = digits.length; end > 0; end -= 1) {
    const zones = zonesByPrefix.get(digits.slice(0, end));
    if (zones !== undefined) return zones;
  }
  return [];
}
