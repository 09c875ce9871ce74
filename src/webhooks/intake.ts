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
  readonly events: Pick<WebhookRepository, 'insert'>;
  readonly clock: Clock;
  /** How many requests may wait for the disk before new ones are refused; the provider repeats those. */
  readonly maxQueued: number;
}

/** Stores what arrives; the repository writes what comes together as one batch. */
export function createInbox({ events, clock, maxQueued }: InboxOptions): Inbox {
  let queuedCount = 0;

  return {
    async store(body, channelId) {
      if (queuedCount >= maxQueued) {
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
      queuedCount += 1;
      // One whose batch has failed may be stored: the provider repeats it, and processing it twice changes nothing.
      await events.insert(event).finally(() => {
        queuedCount -= 1;
      });
    },
  };
}
