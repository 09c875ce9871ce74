import type { Connection, mongo, Types } from 'mongoose';
import { createBulkWriter } from '../platform/bulk-writer.ts';
import { newUuid } from '../platform/ids.ts';
import { openPlatformCollection } from '../platform/platform-collection.ts';
import { webhookEventModel, type WebhookEventDoc } from './model.ts';
import type { EventVerdict } from './rules.ts';

export type { WebhookEventDoc } from './model.ts';

export interface Verdict {
  readonly eventId: Types.ObjectId;
  readonly verdict: EventVerdict;
}

export interface LeaseWish {
  readonly limit: number;
  readonly leaseMs: number;
  readonly now: Date;
  /** Leaves everything else where it is. */
  readonly isUrgentOnly: boolean;
}

export interface Lease {
  readonly token: string;
  readonly events: readonly WebhookEventDoc[];
}

export type WebhookRepository = ReturnType<typeof createWebhookRepository>;

/** The inbox belongs to no tenant: whose an event is, only its processing finds out. */
export function createWebhookRepository(connection: Connection) {
  const events = openPlatformCollection(webhookEventModel, connection);
  const writeBulk = createBulkWriter(events);

  return {
    /** Resolves once a majority has it on disk. */
    insert: (document: WebhookEventDoc): Promise<void> => writeBulk([{ insertOne: { document } }]),

    /**
     * Takes up to `limit` due events for `leaseMs`, the longest due first. Several processors share the inbox: who
     * writes the lease has the event, and one whose holder died is due again when the lease ends.
     */
    async lease({ limit, leaseMs, now, isUrgentOnly }: LeaseWish): Promise<Lease> {
      const due = await events
        .find({ nextAttemptAt: { $lte: now }, ...(isUrgentOnly ? { isUrgent: true } : {}) })
        .sort({ nextAttemptAt: 1 })
        .limit(limit)
        .toArray();
      const token = newUuid();
      if (due.length === 0) return { token, events: [] };
      const ids = due.map(({ _id }) => _id);
      const { modifiedCount } = await events.updateMany(
        { _id: { $in: ids }, nextAttemptAt: { $lte: now } },
        {
          $set: { nextAttemptAt: new Date(now.getTime() + leaseMs), leaseToken: token },
          $inc: { attempts: 1 },
        },
      );
      // Nobody else has taken one of them: then what was read is what is held.
      if (modifiedCount === due.length) return { token, events: due.map(asTaken).toSorted(byId) };
      const taken = await events
        .find({ _id: { $in: ids }, leaseToken: token })
        .sort({ _id: 1 })
        .toArray();
      return { token, events: taken };
    },

    /** Holds leased events for `leaseMs` from now; answers how many of them are still held. */
    async renew(
      { token, events: held }: Lease,
      { leaseMs, now }: Pick<LeaseWish, 'leaseMs' | 'now'>,
    ): Promise<number> {
      const { matchedCount } = await events.updateMany(
        { _id: { $in: held.map(({ _id }) => _id) }, leaseToken: token },
        { $set: { nextAttemptAt: new Date(now.getTime() + leaseMs) } },
      );
      return matchedCount;
    },

    /**
     * Writes what became of leased events; one whose lease another processor took over meanwhile is left alone.
     * Answers how many were written.
     */
    async settle(token: string, verdicts: readonly Verdict[], now: Date): Promise<number> {
      if (verdicts.length === 0) return 0;
      const done = verdicts.flatMap(({ eventId, verdict }) => (verdict.kind === 'done' ? [eventId] : []));
      const others = verdicts.filter(({ verdict }) => verdict.kind !== 'done');
      const { matchedCount } = await events.bulkWrite([
        {
          updateMany: {
            filter: { _id: { $in: done }, leaseToken: token },
            update: { $set: { status: 'done', doneAt: now }, $unset: { nextAttemptAt: 1, leaseToken: 1 } },
          },
        },
        ...others.map(({ eventId, verdict }) => ({
          updateOne: {
            filter: { _id: eventId, leaseToken: token },
            update: updateFor(verdict, now),
          },
        })),
      ]);
      return matchedCount;
    },

    /** Events that were given up, oldest first. */
    listDead: (limit: number): Promise<WebhookEventDoc[]> =>
      events.find({ status: 'dead' }).sort({ _id: 1 }).limit(limit).toArray(),

    /** Makes dead events due again, all of them or one; answers how many. */
    async redrive(eventId: Types.ObjectId | null, now: Date): Promise<number> {
      const result = await events.updateMany(
        { status: 'dead', ...(eventId === null ? {} : { _id: eventId }) },
        // The waiting time counts from now, or it would be given up again at once.
        { $set: { status: 'pending', attempts: 0, nextAttemptAt: now, receivedAt: now } },
      );
      return result.modifiedCount;
    },
  };
}

const asTaken = (event: WebhookEventDoc): WebhookEventDoc => ({ ...event, attempts: event.attempts + 1 });

const byId = (a: WebhookEventDoc, b: WebhookEventDoc): number =>
  a._id.toHexString() < b._id.toHexString() ? -1 : 1;

function updateFor(verdict: EventVerdict, now: Date): mongo.UpdateFilter<WebhookEventDoc> {
  switch (verdict.kind) {
    case 'done':
      return { $set: { status: 'done', doneAt: now }, $unset: { nextAttemptAt: 1, leaseToken: 1 } };
    case 'dead':
      return {
        $set: { status: 'dead', lastError: verdict.reason },
        $unset: { nextAttemptAt: 1, leaseToken: 1 },
      };
    case 'again':
      return {
        $set: {
          status: 'parked',
          lastError: verdict.reason,
          nextAttemptAt: new Date(now.getTime() + verdict.delayMs),
        },
        $unset: { leaseToken: 1 },
      };
  }
}
