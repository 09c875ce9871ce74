/** Lists whose elements never become documents: envelopes, names of people beside their messages, and receipts. */
const freeLists = new Set(['entry', 'contacts']);
const receipts = 'statuses';
const maxNameLength = Math.max(...[...freeLists, receipts].map((name) => name.length));

/** Only calls have `statuses` that are entries of a conversation. A name that is not written as it is could hide them. */
const mayHaveCalls = (body: string): boolean => body.includes('"calls"') || /\\u00[2-7]/i.test(body);

export interface ItemCount {
  /** A text, from its first character to behind the last one. */
  text(start: number, end: number): void;
  /** The last text is the name of a field. */
  colon(): void;
  /** A list or object that is the `depth`th level. */
  openList(depth: number): void;
  openObject(depth: number): void;
  /** A comma or the end of a list or object. */
  next(): void;
  items(): number;
}

/**
 * Counts, without parsing, the objects that may each become documents: the elements of lists. Counts too many rather than
 * too few: changes, messages, calls and entries of a backlog, but also parts of some messages.
 */
export function createItemCount(body: string): ItemCount {
  const free = mayHaveCalls(body) ? freeLists : new Set([...freeLists, receipts]);
  /** Whether elements count, for each level; 0 outside of lists. */
  const counts: number[] = [];
  let [start, end, items] = [0, 0, 0];
  let name: string | null = null;
  return {
    text(from, to) {
      [start, end] = [from, to];
    },
    colon() {
      name = end - start > maxNameLength ? null : body.slice(start, end);
    },
    openList(depth) {
      // A bare list has receipts only.
      const isFree = depth === 1 || (name !== null && free.has(name));
      counts[depth] = isFree ? 0 : 1;
      name = null;
    },
    openObject(depth) {
      items += counts[depth - 1] ?? 0;
      counts[depth] = 0;
      name = null;
    },
    next() {
      name = null;
    },
    items: () => items,
  };
}
