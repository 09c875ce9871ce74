import { join } from 'node:path';
import { createBackoff, type RetryOptions } from './backoff.ts';
import { isRecord } from './json.ts';
import { openJournal, type Journal } from './journal.ts';
import { createParcelQueue, type Parcel } from './parcels.ts';
import { receiptsBody, type Receipt } from './payloads.ts';
import { createSchedule } from './schedule.ts';
import type { Behaviour } from './settings.ts';
import { encodeLikeMeta } from './signature.ts';
import type { Webhook } from './webhook.ts';
import { createWorkers } from './workers.ts';

export interface ReceiptCounts {
  readonly pending: number;
  readonly delivered: number;
  readonly failedPosts: number;
}

export interface ReceiptSender {
  /** Sends the receipts when they are due. Their call must be in the ledger. */
  schedule(receipts: readonly Receipt[]): void;
  /** Sends the receipts at once; resolves after the first attempt, whatever its outcome. */
  deliverNow(receipts: readonly Receipt[]): Promise<void>;
  /** Ends a hold at once, after the webhook address has changed. */
  wake(): void;
  counts(): ReceiptCounts;
  /** Stops; the next start finds undelivered receipts in the journal. */
  close(): Promise<void>;
}

export interface ReceiptSenderOptions {
  readonly journal: Journal;
  readonly webhook: Webhook;
  readonly behaviour: () => Behaviour;
  readonly concurrency: number;
  readonly retry: RetryOptions;
}

const MAX_STATUSES_PER_POST = 1_000;
const BATCH_WINDOW_MS = 5;
const STOP_GRACE_MS = 500;

/** The journal of finished receipts, by `receiptId`. */
export async function openReceiptJournal(dataDir: string): Promise<{ journal: Journal; done: Set<string> }> {
  const done = new Set<string>();
  const journal = await openJournal({
    path: join(dataDir, 'receipts.jsonl'),
    // At worst a receipt is repeated after a crash; Meta repeats receipts too.
    isFsyncOn: () => false,
    onRecord(record) {
      const ids = isRecord(record) ? record['done'] : null;
      if (Array.isArray(ids)) for (const id of ids) done.add(String(id));
    },
  });
  return { journal, done };
}

export const receiptId = (receipt: Receipt): string => `${receipt.sequence}.${receipt.index}`;

/** Counts receipts, and records those that were delivered or dropped. */
function createTally(journal: Journal, giveUpAfterMs: number) {
  const counts = { pending: 0, delivered: 0, failedPosts: 0 };

  function settle(receipts: readonly Receipt[]): void {
    if (receipts.length === 0) return;
    counts.pending -= receipts.length;
    // If the record cannot be written, the next start only repeats the receipts.
    journal.append({ done: receipts.map(receiptId) }).durable.catch(() => {});
  }

  return {
    counts,
    addDelivered(receipts: readonly Receipt[]): void {
      counts.delivered += receipts.length;
      settle(receipts);
    },
    /** Drops receipts that have been due for too long and returns the others. */
    dropOld(receipts: readonly Receipt[]): readonly Receipt[] {
      const oldestDue = Date.now() - giveUpAfterMs;
      settle(receipts.filter((receipt) => receipt.due < oldestDue));
      return receipts.filter((receipt) => receipt.due >= oldestDue);
    },
  };
}

export function createReceiptSender(options: ReceiptSenderOptions): ReceiptSender {
  const { journal, webhook, behaviour, retry } = options;
  const tally = createTally(journal, retry.giveUpAfterMs);
  const parcelSize = (): number => (behaviour().batchReceipts ? MAX_STATUSES_PER_POST : 1);
  const queue = createParcelQueue(parcelSize);
  const workers = createWorkers(options.concurrency, () => {
    const parcel = backoff.isHolding() ? null : queue.next();
    return parcel === null ? null : attempt(parcel);
  });
  // While the webhook is unreachable, one hold stops all parcels, instead of one wait per parcel.
  const backoff = createBackoff(retry, () => workers.pump());
  const schedule = createSchedule<Receipt>(BATCH_WINDOW_MS, (receipts) => {
    queue.addReceipts(receipts);
    workers.pump();
  });
  let isStopped = false;

  async function attempt(parcel: Parcel): Promise<void> {
    const { receipts, onAttempt } = parcel;
    const bytes = encodeLikeMeta(receiptsBody(receipts, behaviour().numbers, behaviour()));
    const { status, isUnreachable } = await webhook.post(bytes);
    onAttempt?.();
    if (status !== 200) {
      if (!isStopped) tryAgain(tally.dropOld(receipts), parcel.attempts + 1, isUnreachable);
      return;
    }
    backoff.reset();
    tally.addDelivered(receipts);
  }

  function tryAgain(receipts: readonly Receipt[], attempts: number, isUnreachable: boolean): void {
    tally.counts.failedPosts += 1;
    if (receipts.length === 0) return;
    if (isUnreachable) {
      queue.putBack(receipts);
      backoff.hold();
      return;
    }
    backoff.later(attempts, () => {
      queue.addParcel({ receipts, attempts });
      workers.pump();
    });
  }

  return {
    schedule(receipts) {
      tally.counts.pending += receipts.length;
      for (const receipt of receipts) schedule.add(receipt.due, receipt);
    },
    async deliverNow(receipts) {
      tally.counts.pending += receipts.length;
      const attempts: Promise<void>[] = [];
      for (let start = 0; start < receipts.length; start += parcelSize()) {
        const group = receipts.slice(start, start + parcelSize());
        attempts.push(
          new Promise((onAttempt) => queue.addParcel({ receipts: group, attempts: 0, onAttempt })),
        );
      }
      workers.pump();
      await Promise.all(attempts);
    },
    wake: () => backoff.wake(),
    counts: () => tally.counts,
    async close() {
      isStopped = true;
      schedule.stop();
      backoff.stop();
      await workers.stop(STOP_GRACE_MS);
      await webhook.close();
      await workers.settled();
      await journal.close();
    },
  };
}
