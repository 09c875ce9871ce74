import { join } from 'node:path';
import type { ReceiptStatus } from './behaviours.ts';
import { openJournal } from './journal.ts';

/** The answer to the caller; null if the connection was cut on purpose. */
export type Answered = { readonly status: number; readonly code?: number | null } | null;

export interface LedgerItem {
  /** When the call arrived, ISO 8601. */
  readonly at: string;
  readonly phoneNumberId: string;
  /** Only for calls of the marketing endpoint. */
  readonly edge?: 'marketing_messages';
  readonly to: string | null;
  readonly opaque: string | null;
  /** Null for a refused call and for a read mark. */
  readonly wamid: string | null;
  readonly answered: Answered;
  /** Only for accepted read marks: the message that was marked, and whether typing was shown too. */
  readonly mark?: { readonly messageId: string; readonly isTyping: boolean };
  /** The received body: JSON, or a text if it was not JSON. */
  readonly body: unknown;
}

export interface StoredReceipt {
  readonly status: ReceiptStatus;
  /** Unix milliseconds: the timestamp of the receipt, and the time of the webhook. */
  readonly at: number;
  readonly due: number;
  readonly code?: number;
  readonly details?: string;
}

/** One line of the journal: the public item, and the state that a restart needs. */
export interface LedgerRecord {
  readonly item: LedgerItem;
  /** The key that counts this refusal, for numbers ending in 06 and 07. */
  readonly refusalKey?: string;
  readonly recipient?: Readonly<Record<string, string>>;
  readonly category?: string;
  readonly receipts?: readonly StoredReceipt[];
}

export interface LedgerPage {
  readonly items: readonly LedgerItem[];
  readonly nextCursor: string | null;
}

export interface Ledger {
  append(record: LedgerRecord): { readonly sequence: number; readonly durable: Promise<void> };
  /**
   * A page in order of arrival. A cursor is the number of items before the page, as a text, and never expires.
   * `nextCursor` is null at the end; to poll for more, use the cursor of this page plus the number of its items.
   */
  page(cursor: number, limit: number): Promise<LedgerPage>;
  /** The accepted call with this message id, or null. Slow: reads the file from its end. */
  find(wamid: string): Promise<LedgerItem | null>;
  size(): number;
  close(): Promise<void>;
}

export interface LedgerOptions {
  readonly dataDir: string;
  readonly isFsyncOn: () => boolean;
  readonly onRecord: (sequence: number, record: LedgerRecord) => void;
}

const MAX_PAGE_BYTES = 8 << 20;
const SEARCHED_AT_ONCE = 200;

export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  // Memory holds only the ends of the lines; pages are read from the file.
  const ends: number[] = [];
  const journal = await openJournal({
    path: join(options.dataDir, 'ledger.jsonl'),
    isFsyncOn: options.isFsyncOn,
    onRecord(record, end) {
      options.onRecord(ends.length, record as LedgerRecord);
      ends.push(end);
    },
  });

  const startOf = (sequence: number): number => ends[sequence - 1] ?? 0;

  function pageEnd(first: number, limit: number): number {
    const last = Math.min(ends.length, first + limit);
    let end = Math.min(first + 1, last);
    while (end < last && startOf(end + 1) - startOf(first) <= MAX_PAGE_BYTES) end += 1;
    return end;
  }

  async function linesBetween(first: number, end: number): Promise<string[]> {
    await journal.flush();
    const text = await journal.read(startOf(first), startOf(end));
    return text.split('\n').filter((line) => line !== '');
  }

  const itemOf = (line: string): LedgerItem => (JSON.parse(line) as LedgerRecord).item;

  return {
    append(record) {
      const { end, durable } = journal.append(record);
      return { sequence: ends.push(end) - 1, durable };
    },
    async page(cursor, limit) {
      const first = Math.min(cursor, ends.length);
      const end = pageEnd(first, limit);
      const isLast = end === ends.length;
      const items = (await linesBetween(first, end)).map(itemOf);
      return { items, nextCursor: isLast ? null : String(end) };
    },
    async find(wamid) {
      const mark = JSON.stringify(wamid);
      for (let end = ends.length; end > 0; end -= SEARCHED_AT_ONCE) {
        const lines = await linesBetween(Math.max(0, end - SEARCHED_AT_ONCE), end);
        const items = lines.filter((line) => line.includes(mark)).map(itemOf);
        const found = items.find((item) => item.wamid === wamid);
        if (found !== undefined) return found;
      }
      return null;
    },
    size: () => ends.length,
    close: () => journal.close(),
  };
}
