import type { ChangeReader, UnreadableChange } from './change-reader.ts';
import { readNumberChange, type AccountItem } from './number-events.ts';
import { readPreferences, type PreferenceItem } from './preference-events.ts';
import { readTemplateChange, type TemplateChange } from './template-events.ts';

/** Any webhook item that is neither a message nor a status. Each reader handles some fields. */
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
