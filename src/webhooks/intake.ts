import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import { admitBody } from './admission.ts';
import type { WebhookEventDoc, WebhookRepository } from './repository.ts';
import { firstDueAt } from './rules.ts';
import type { Addressee } from './source.ts';

export interface Intake {
  /**
   * Stores the body of one request; resolves when it is durable. Throws `overloaded` when the queue is full, and
   * `body-out-of-bounds`, `channel-unverified` and what taking the quota throws.
   */
  store(body: string, addressee?: Addressee): Promise<void>;
}

export interface IntakeOptions {
  readonly events: Pick<WebhookRepository, 'insert'>;
  readonly clock: Clock;
  /** Requests that may wait for the disk; above it new ones are refused, and the provider repeats them. */
  readonly maxQueued: number;
  /** Takes what an event stores from the day of its business; throws if there is not enough left. */
  readonly takeQuota?: (addressee: Addressee, storedBytes: number) => Promise<void>;
}

/** Stores webhook events; the repository batches concurrent writes. */
export function createIntake({ events, clock, maxQueued, takeQuota }: IntakeOptions): Intake {
  let queuedCount = 0;

  return {
    async store(body, addressee) {
      if (queuedCount >= maxQueued) {
        throw new AppError('overloaded', 'The intake is full.', { retryAfterSeconds: 5 });
      }
      const { fields, storedBytes } = admitBody(body, addressee);
      if (addressee !== undefined) await takeQuota?.(addressee, storedBytes);
      const now = clock.now();
      const event: WebhookEventDoc = {
        _id: newId(),
        receivedAt: now,
        body,
        status: 'pending',
        attempts: 0,
        nextAttemptAt: firstDueAt(body, now),
        ...(addressee === undefined ? {} : { channelId: addressee.channelId }),
        ...fields,
      };
      queuedCount += 1;
      // An event of a failed batch may be stored nevertheless: the provider repeats it, and processing is idempotent.
      await events.insert(event).finally(() => {
        queuedCount -= 1;
      });
    },
  };
}
