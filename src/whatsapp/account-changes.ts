import { readReport, type AccountReport } from './account-reports.ts';
import type { ChangeReader, UnreadableChange } from './change-reader.ts';
import { readUserIdUpdates, type IdentityItem } from './identity-changes.ts';
import { readNumberChange, type AccountItem } from './number-events.ts';
import { readPreferences, type PreferenceItem } from './preference-events.ts';
import { readTemplateChange, type TemplateChange } from './template-events.ts';

/** Any webhook item that is neither a message nor a status. Each reader handles some fields. */
export type AccountChange =
  | ({ readonly kind: 'preference' } & PreferenceItem)
  | ({ readonly kind: 'identity' } & IdentityItem)
  | TemplateChange
  | AccountItem
  | AccountReport;

const readers: readonly ChangeReader<AccountChange>[] = [
  readPreferences,
  readUserIdUpdates,
  readTemplateChange,
  readNumberChange,
];

/**
 * The items of a value: what it changes, and a report for people to read. A field that no reader handles, known or
 * unknown, is a report only.
 */
export function readAccountChange(
  ...change: Parameters<ChangeReader<AccountChange>>
): (AccountChange | UnreadableChange)[] {
  const report = readReport(...change);
  return [...readEffects(change), ...(report === null ? [] : [report])];
}

function readEffects(
  change: Parameters<ChangeReader<AccountChange>>,
): Iterable<AccountChange | UnreadableChange> {
  for (const read of readers) {
    const items = read(...change);
    if (items !== null) return items;
  }
  return [];
}
