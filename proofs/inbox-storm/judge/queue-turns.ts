/** When the drainer that decides has looked at the queue at the earliest: the beginning of its turn. */
export interface QueueTurns {
  /** A process took or renewed the lease of the queue, or released it (null), in the commit of this index. */
  note(holder: string | null, index: number, atMs: number): void;
  /** The earliest turn that may have decided what is committed now. */
  beginOf(atMs: number): Turn;
}

export interface Turn {
  readonly index: number;
  readonly atMs: number;
}

/** A process whose lease was over may still commit the transaction that it had begun; the database ends it by then. */
const maxTransactionMs = 15_000;

export function createQueueTurns(): QueueTurns {
  let latest: (Turn & { readonly holder: string | null }) | null = null;
  /** Turns whose lease another process took, with the time of that. */
  let overtaken: { readonly turn: Turn; readonly atMs: number }[] = [];
  return {
    note(holder, index, atMs) {
      if (holder === latest?.holder) return;
      if (holder === null) {
        if (latest !== null) latest = { ...latest, holder: null };
        return;
      }
      if (latest !== null && latest.holder !== null) overtaken.push({ turn: latest, atMs });
      latest = { index, atMs, holder };
    },
    beginOf(atMs) {
      overtaken = overtaken.filter((one) => one.atMs > atMs - maxTransactionMs);
      const turns = [...overtaken.map(({ turn }) => turn), ...(latest === null ? [] : [latest])];
      return turns.reduce((a, b) => (b.index < a.index ? b : a), { index: Infinity, atMs });
    },
  };
}
