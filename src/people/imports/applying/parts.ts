import { lookupKeysOf } from '../../contacts/rules.ts';
import type { Planned } from '../plan/planner.ts';
import type { ImportRowDoc } from '../stored-rows/repository.ts';

/** Which rows may be written together, and which at the same time. Pure. */

/**
 * The rows in so many parts, each in their order, for writes at the same time: rows with a common key are in one part, so
 * that they do not meet.
 */
export function parted(rows: readonly ImportRowDoc[], count: number): ImportRowDoc[][] {
  const parts: ImportRowDoc[][] = Array.from({ length: count }, () => []);
  const partOf = new Map<string, ImportRowDoc[]>();
  for (const row of rows) {
    const known = row.keys.map((key) => partOf.get(key)).find((part) => part !== undefined);
    const part = known ?? parts.reduce((least, each) => (each.length < least.length ? each : least));
    part.push(row);
    for (const key of row.keys) partOf.set(key, part);
  }
  return parts.filter((part) => part.length > 0);
}

interface PlannedRow {
  readonly row: ImportRowDoc;
  readonly planned: Planned;
}

export const writesContact = ({ plan }: Planned): boolean => plan.kind === 'create' || plan.kind === 'update';

/**
 * The rows with their plans, without those whose plan an earlier one of them may change, because both are about the same
 * person. The first row always stays.
 */
export function independent(rows: readonly ImportRowDoc[], plans: readonly Planned[]): PlannedRow[] {
  const taken = new Set<string>();
  return rows.flatMap((row, place) => {
    const planned = plans[place];
    if (planned === undefined) throw new Error('A row has a plan.');
    const { kind } = planned.plan;
    if (kind === 'invalid' || kind === 'duplicate') return [{ row, planned }];
    const named = [...lookupKeysOf(row.values), ...planned.found.map((id) => id.toHexString())];
    if (named.some((name) => taken.has(name))) return [];
    if (writesContact(planned)) for (const name of named) taken.add(name);
    return [{ row, planned }];
  });
}
