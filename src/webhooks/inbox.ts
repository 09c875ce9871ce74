import type { Types } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import type { WebhookEventDoc, WebhookRepository } from './repository.ts';
import { isUrgentBody } from './rules.ts';

export interface Inbox {
  /** Stores one request's body; resolves when it is durable. Throws `overloaded` when too many wait. */
  store(body: string, channelId?: Types.ObjectId): Promise<void>;
}

export interface InboxOptions {
  readonly events: Pick<WebhookRepository, 'insertMany'>;
  readonly clock: Clock;
  /** How many requests may wait for the disk before new ones are refused; the provider repeats those. */
  readonly maxQueued: number;
}

interface Waiting {
  readonly event: WebhookEventDoc;
  resolve(): void;
  reject(error: unknown): void;
}

const mostBatches = 2;
const longestBatch = 500;

/**
 * Writes what arrives together as one batch: at most two writes are under way, and what arrives meanwhile is the
 * next batch. So batches grow with the load by themselves, and an idle inbox adds no delay.
 */
export function createInbox({ events, clock, maxQueued }: InboxOptions): Inbox {
  let queue: Waiting[] = [];
  let batchesUnderWay = 0;
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled || batchesUnderWay >= mostBatches || queue.length === 0) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      void flush();
      schedule();
    });
  }

  async function flush(): Promise<void> {
    const batch = queue.slice(0, longestBatch);
    queue = queue.slice(longestBatch);
    batchesUnderWay += 1;
    try {
      await events.insertMany(batch.map(({ event }) => event));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      // Some may be stored: the provider repeats all, and processing an event twice changes nothing.
      for (const { reject } of batch) reject(error);
    } finally {
      batchesUnderWay -= 1;
      schedule();
    }
  }

  return {
    store(body, channelId) {
      if (queue.length >= maxQueued) {
        throw new AppError('overloaded', 'The inbox is full.', { retryAfterSeconds: 5 });
      }
      const now = clock.now();
      const event: WebhookEventDoc = {
        _id: newId(),
        receivedAt: now,
        body,
        status: 'pending',
        attempts: 0,
        nextAttemptAt: now,
        ...(channelId === undefined ? {} : { channelId }),
        ...(isUrgentBody(body) ? { isUrgent: true } : {}),
      };
      return new Promise<void>((resolve, reject) => {
        queue.push({ event, resolve, reject });
        schedule();
      });
    },
  };
}
