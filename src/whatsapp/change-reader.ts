export interface ChangeContext {
  /** The WhatsApp Business Account of the entry; null when the body does not say it. */
  readonly wabaId: string | null;
  /** `entry.time` in epoch milliseconds; null when it is missing. */
  readonly atMs: number | null;
  /** Where the value stands in the body, for the reason of an invalid item. */
  readonly path: string;
}

export type UnreadableChange = { readonly kind: 'invalid'; readonly reason: string };

/** Reads the value of a field, item by item; null when no reader knows the field. */
export type ChangeReader<Change> = (
  field: string,
  value: unknown,
  context: ChangeContext,
) => readonly (Change | UnreadableChange)[] | null;
