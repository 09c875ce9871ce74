import type { ChangeReader, UnreadableChange } from './change-reader.ts';
import { readNumberChange, type AccountItem } from './number-events.ts';
import { readPreferences, type PreferenceItem } from './preference-events.ts';
import { readTemplateChange, type TemplateChange } from './template-events.ts';

/** What a webhook says beside messages and statuses. Each reader knows some fields; the parts live beside this file. */
export type AccountChange = ({ readonly kind: 'preference' } & PreferenceItem) | TemplateChange | AccountItem;

const readers: readonly ChangeReader<AccountChange>[] = [
  readPreferences,
  readTemplateChange,
  readNumberChange,
];

export function readAccountChange(
  ...change: Parameters<ChangeReader<AccountChange>>
): (AccountChange | UnreadableChange)[] | null {
  for (const read of readers) {
    const items = read(...change);
    if (items !== null) return [...items];
  }
  return null;
}
