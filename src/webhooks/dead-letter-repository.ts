import type { Connection, Types } from 'mongoose';
import { openPlatformCollection } from '../platform/platform-collection.ts';
import { webhookEventModel, type WebhookEventDoc } from './model.ts';

export type DeadLetter = Omit<WebhookEventDoc, 'body'>;

export type DeadLetterRepository = ReturnType<typeof createDeadLetterRepository>;

/** Webhook events that could not be processed; they are kept for a time, and a person decides about them. */
export function createDeadLetterRepository(connection: Connection) {
  const events = openPlatformCollection(webhookEventModel, connection);
  const deadWith = (eventId: Types.ObjectId | null) => ({
    status: 'dead' as const,
    ...(eventId === null ? {} : { _id: eventId }),
  });

  return {
    /** Oldest first, without their bodies. */
    list: (limit: number): Promise<DeadLetter[]> =>
      events
        .find({ status: 'dead' })
        .sort({ _id: 1 })
        .limit(limit)
        .project<DeadLetter>({ body: 0, persons: 0 })
        .toArray(),

    /** Makes one dead letter, or all of them, due again with a clock of their own; returns how many. */
    async redrive(eventId: Types.ObjectId | null, now: Date): Promise<number> {
      const { modifiedCount } = await events.updateMany(deadWith(eventId), {
        $set: { status: 'pending', attempts: 0, nextAttemptAt: now, redrivenAt: now },
        $unset: { diedAt: 1, expiresAt: 1, takes: 1, progress: 1 },
      });
      return modifiedCount;
    },

    /** Deletes one dead letter, or all of them; returns how many. */
    async dismiss(eventId: Types.ObjectId | null): Promise<number> {
      const { deletedCount } = await events.deleteMany(deadWith(eventId));
      return deletedCount;
    },

    /**
     * Lets all dead letters expire `keptMs` after they died. Changes those that died under another setting, or in a
     * version that kept them for ever; the latter count from now.
     */
    async keepFor(keptMs: number, now: Date): Promise<void> {
      const diedAt = { $ifNull: ['$diedAt', now] };
      const expiresAt = { $add: [diedAt, keptMs] };
      await events.updateMany({ status: 'dead', $expr: { $ne: ['$expiresAt', expiresAt] } }, [
        { $set: { diedAt, expiresAt } },
      ]);
    },

    /** How many expire before a time, up to `limit`. */
    countExpiring: (before: Date, limit: number): Promise<number> =>
      events.countDocuments({ expiresAt: { $lte: before } }, { limit, maxTimeMS: 5_000 }),
  };
}
