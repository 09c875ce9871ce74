import { readReport, type AccountReport } from './account-reports.ts';
import { readCalls, type CallItem } from './calls.ts';
import type { ChangeReader, UnreadableChange } from './change-reader.ts';
import { readContactSync, type ContactSyncItem } from './contact-sync.ts';
import { readGroupEvents, type GroupEventItem } from './group-events.ts';
import { readHistory, type HistoryItem } from './history.ts';
import { readUserIdUpdates, type IdentityItem } from './identity-changes.ts';
import { readNumberChange, type AccountItem } from './number-events.ts';
import { readEchoes, type EchoItem } from './phone-messages.ts';
import { readPreferences, type PreferenceItem } from './preference-events.ts';
import { readTemplateChange, type TemplateChange } from './template-events.ts';

/** Any webhook item that is neither a message nor a status. Each reader handles some fields. */
export type AccountChange =
  | ({ readonly kind: 'preference' } & PreferenceItem)
  | ({ readonly kind: 'identity' } & IdentityItem)
  | TemplateChange
  | AccountItem
  | AccountReport
  | EchoItem
  | HistoryItem
  | ContactSyncItem
  | CallItem
  | GroupEventItem;

const readers: readonly ChangeReader<AccountChange>[] = [
  readPreferences,
  readUserIdUpdates,
  readTemplateChange,
  readNumberChange,
  readEchoes,
  readHistory,
  readContactSync,
  readCalls,
  readGroupEvents,
];

/**
 * The items of a value: what it changes, and a report for people to read. A field that no reader handles, known or
 * unknown, is a report only.
 */
export function* readAccountChange(
  ...change: Parameters<ChangeReader<AccountChange>>
): Generator<AccountChange | UnreadableChange> {
  yield* readEffects(change);
  const report = readReport(...change);
  if (report !== null) yield report;
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
