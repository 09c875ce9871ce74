import type { Connection, mongo, Types } from 'mongoose';
import { createBulkWriter } from '../platform/bulk-writer.ts';
import { newUuid } from '../platform/ids.ts';
import { openPlatformCollection } from '../platform/platform-collection.ts';
import { webhookEventModel, type WebhookEventDoc } from './model.ts';
import type { EventVerdict } from './rules.ts';

export type { WebhookEventDoc } from './model.ts';

export interface JudgedEvent {
  readonly eventId: Types.ObjectId;
  readonly verdict: EventVerdict;
}

export interface LeaseRequest {
  readonly limit: number;
  readonly leaseMs: number;
  readonly now: Date;
  readonly isUrgentOnly: boolean;
}

export interface Lease {
  readonly token: string;
  readonly events: readonly WebhookEventDoc[];
}

export type WebhookRepository = ReturnType<typeof createWebhookRepository>;

/** The intake is not scoped to a client: only processing reveals which client an event concerns. */
export function createWebhookRepository(connection: Connection) {
  const events = openPlatformCollection(webhookEventModel, connection);
  const writeBulk = createBulkWriter(events);

  return {
    /** Resolves once a majority has stored it on disk. */
    insert: (document: WebhookEventDoc): Promise<void> => writeBulk([{ insertOne: { document } }]),

    /**
     * Leases up to `limit` due events for `leaseMs`, the longest due first. Several processors share the intake: the
     * first to write the lease holds the event, and it is due again when the lease ends.
     */
    async lease({ limit, leaseMs, now, isUrgentOnly }: LeaseRequest): Promise<Lease> {
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
      // No other processor leased any of them, so the events need not be read again.
      if (modifiedCount === due.length) return { token, events: due.map(asLeased).toSorted(byId) };
      const leased = await events
        .find({ _id: { $in: ids }, leaseToken: token })
        .sort({ _id: 1 })
        .toArray();
      return { token, events: leased };
    },

    /** Extends the lease to `leaseMs` from now; returns how many events are still held. */
    async renew(
      { token, events: held }: Lease,
      { leaseMs, now }: Pick<LeaseRequest, 'leaseMs' | 'now'>,
    ): Promise<number> {
      const { matchedCount } = await events.updateMany(
        { _id: { $in: held.map(({ _id }) => _id) }, leaseToken: token },
        { $set: { nextAttemptAt: new Date(now.getTime() + leaseMs) } },
      );
      return matchedCount;
    },

    /**
     * Stores the verdicts on leased events and returns how many were stored. Skips events whose lease another
     * processor took over.
     */
    async settle(token: string, verdicts: readonly JudgedEvent[], now: Date): Promise<number> {
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

    /** Dead events, oldest first. */
    listDead: (limit: number): Promise<WebhookEventDoc[]> =>
      events.find({ status: 'dead' }).sort({ _id: 1 }).limit(limit).toArray(),

    /** Makes one dead event, or all of them, due again; returns how many. */
    async redrive(eventId: Types.ObjectId | null, now: Date): Promise<number> {
      const result = await events.updateMany(
        { status: 'dead', ...(eventId === null ? {} : { _id: eventId }) },
        // Restarts the age, or the event would be dead again at once.
        { $set: { status: 'pending', attempts: 0, nextAttemptAt: now, receivedAt: now } },
      );
      return result.modifiedCount;
    },
  };
}

const asLeased = (event: WebhookEventDoc): WebhookEventDoc => ({ ...event, attempts: event.attempts + 1 });

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
