export interface ChangeContext {
  /** The WhatsApp Business Account of the entry; null if the body does not name it. */
  readonly wabaId: string | null;
  /** `entry.time` in epoch milliseconds; null if missing. */
  readonly atMs: number | null;
  /** The place of the value in the body, for the reason of an invalid item. */
  readonly path: string;
}

export type UnreadableChange = { readonly kind: 'invalid'; readonly reason: string };

/**
 * Reads the items in the value of a field; null if the reader does not handle the field. A field that may hold thousands
 * of items reads each as it is asked for (a generator), so that the event loop can serve others between two of them.
 */
export type ChangeReader<Change> = (
  field: string,
  value: unknown,
  context: ChangeContext,
) => Iterable<Change | UnreadableChange> | null;
