import { readTemplateChange, type TemplateChange } from './template-events.ts';

/** What a webhook says beside messages and statuses. Each reader knows some fields; the parts live beside this file. */
export type AccountChange = TemplateChange;

export interface ChangeContext {
  /** The WhatsApp Business Account of the entry; null when the body does not say it. */
  readonly wabaId: string | null;
  /** `entry.time` in epoch milliseconds; null when it is missing. */
  readonly atMs: number | null;
  /** Where the value stands in the body, for the reason of an invalid item. */
  readonly path: string;
}

type Unreadable = { readonly kind: 'invalid'; readonly reason: string };

/** Reads the value of a field, item by item; null when no reader knows the field. */
export type ChangeReader = (
  field: string,
  value: unknown,
  context: ChangeContext,
) => readonly (AccountChange | Unreadable)[] | null;

const readers: readonly ChangeReader[] = [readTemplateChange];

export function readAccountChange(
  ...change: Parameters<ChangeReader>
): (AccountChange | Unreadable)[] | null {
  for (const read of readers) {
    const items = read(...change);
    if (items !== null) return [...items];
  }
  return null;
}
