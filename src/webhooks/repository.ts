import mongoose, { type Connection, type mongo, type Types } from 'mongoose';
import { createBulkWriter } from '../platform/bulk-writer.ts';
import { newUuid } from '../platform/ids.ts';
import { openPlatformCollection } from '../platform/platform-collection.ts';
import { chooseForLease, maxInlineBytes } from './lease-size.ts';
import { webhookEventModel, type WebhookEventDoc } from './model.ts';
import type { EventProgress } from './progress.ts';
import { hasHeadStart, type EventVerdict } from './rules.ts';

export type { WebhookEventDoc } from './model.ts';

/** An event under a lease; the body of a large one is read by `readBody`. */
export interface LeasedEvent extends Omit<WebhookEventDoc, 'body' | 'persons'> {
  readonly body?: string;
  readonly bytes: number;
}

export interface JudgedEvent {
  readonly eventId: Types.ObjectId;
  readonly verdict: EventVerdict;
  /** For the next attempt; null to start over. */
  readonly progress: EventProgress | null;
}

export interface UnfinishedEvent {
  readonly eventId: Types.ObjectId;
  /** When it was due before its lease: it keeps its place. */
  readonly dueAt: Date;
  readonly progress: EventProgress | null;
}

export interface LeaseRequest {
  readonly limit: number;
  readonly leaseMs: number;
  readonly now: Date;
  readonly isUrgentOnly: boolean;
  /** Null for events of older versions; by default, events of any source. */
  readonly source?: string | null;
}

export interface Lease {
  readonly token: string;
  readonly events: readonly LeasedEvent[];
}

/** A source with due events. */
export interface DueSource {
  readonly source: string | null;
  readonly dueAt: Date;
}

interface SettleOptions {
  readonly now: Date;
  /** How long dead letters are kept. */
  readonly deadLetterMs: number;
}

/** More sources than businesses that get events within a second. */
const maxSources = 10_000;

export type WebhookRepository = ReturnType<typeof createWebhookRepository>;

/** The intake is not scoped to a client: only processing reveals which client an event concerns. */
export function createWebhookRepository(connection: Connection) {
  const events = openPlatformCollection(webhookEventModel, connection);
  const writeBulk = createBulkWriter(events);

  return {
    /** Resolves once a majority has stored it on disk. */
    insert: (document: WebhookEventDoc): Promise<void> => writeBulk([{ insertOne: { document } }]),

    /** The sources with due events, at a cost that depends on their number alone. */
    dueSources: ({ now, isUrgentOnly }: Pick<LeaseRequest, 'now' | 'isUrgentOnly'>): Promise<DueSource[]> =>
      events
        .aggregate<DueSource>([
          // The bound on the source matches all, and lets the server skip through the index.
          { $match: { source: { $gte: new mongoose.mongo.MinKey() }, ...dueBy(now, isUrgentOnly) } },
          { $sort: { source: 1, ...(isUrgentOnly ? { isUrgent: 1 } : {}), nextAttemptAt: 1 } },
          { $group: { _id: '$source', dueAt: { $first: '$nextAttemptAt' } } },
          { $limit: maxSources },
          { $project: { _id: 0, source: { $ifNull: ['$_id', null] }, dueAt: 1 } },
        ])
        .toArray(),

    /**
     * Leases up to `limit` due events for `leaseMs`, the longest due first, and no more than `chooseForLease` allows.
     * Several processors share the intake: the first to write the lease holds the event, and it is due again when the
     * lease ends.
     */
    async lease({ limit, leaseMs, now, isUrgentOnly, source }: LeaseRequest): Promise<Lease> {
      const due = chooseForLease(
        await events
          .find({ ...(source === undefined ? {} : { source }), ...dueBy(now, isUrgentOnly) } as Filter)
          .sort({ nextAttemptAt: 1 })
          .limit(limit)
          .project<LeasedEvent>(leasedFields)
          .toArray(),
      );
      const token = newUuid();
      if (due.length === 0) return { token, events: [] };
      const ids = due.map(({ _id }) => _id);
      const { modifiedCount } = await events.updateMany(
        { _id: { $in: ids }, nextAttemptAt: { $lte: now } },
        {
          $set: { nextAttemptAt: new Date(now.getTime() + leaseMs), leaseToken: token },
          $inc: { attempts: 1, takes: 1 },
        },
      );
      const leased = due.map(asLeased).toSorted(byTurn);
      // No other processor leased any of them, so they need not be read again.
      if (modifiedCount === due.length) return { token, events: leased };
      const held = await events
        .find({ _id: { $in: ids }, leaseToken: token })
        .project({ _id: 1 })
        .map(({ _id }) => String(_id))
        .toArray();
      return { token, events: leased.filter(({ _id }) => held.includes(_id.toHexString())) };
    },

    /** The body of an event; null if the event is gone. */
    async readBody(eventId: Types.ObjectId): Promise<string | null> {
      const found = await events.findOne({ _id: eventId }, { projection: { body: 1 } });
      return found?.body ?? null;
    },

    ...createLeaseWrites(events),
  };
}

/** What a processor writes about the events that it holds. */
const createLeaseWrites = (events: mongo.Collection<WebhookEventDoc>) => ({
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

  /** Stores how far a leased event has got. */
  async saveProgress(token: string, eventId: Types.ObjectId, progress: EventProgress): Promise<void> {
    await events.updateOne({ _id: eventId, leaseToken: token }, { $set: { progress }, $unset: { takes: 1 } });
  },

  /** Ends the lease of events without a verdict: they are due again at once, in their old place. */
  async release(token: string, unfinished: readonly UnfinishedEvent[]): Promise<void> {
    if (unfinished.length === 0) return;
    await events.bulkWrite(
      unfinished.map(({ eventId, dueAt, progress }) => ({
        updateOne: {
          filter: { _id: eventId, leaseToken: token },
          update: {
            $set: { nextAttemptAt: dueAt, ...(progress === null ? {} : { progress }) },
            $unset: { leaseToken: 1, takes: 1 },
            $inc: { attempts: -1 },
          },
        },
      })),
    );
  },

  /**
   * Stores the verdicts on leased events and returns how many were stored. Skips events whose lease another
   * processor took over.
   */
  async settle(
    token: string,
    verdicts: readonly JudgedEvent[],
    { now, deadLetterMs }: SettleOptions,
  ): Promise<number> {
    if (verdicts.length === 0) return 0;
    const done = verdicts.flatMap(({ eventId, verdict }) => (verdict.kind === 'done' ? [eventId] : []));
    const others = verdicts.filter(({ verdict }) => verdict.kind !== 'done');
    const { matchedCount } = await events.bulkWrite([
      {
        updateMany: {
          filter: { _id: { $in: done }, leaseToken: token },
          update: doneUpdate(now),
        },
      },
      ...others.map(({ eventId, verdict, progress }) => ({
        updateOne: {
          filter: { _id: eventId, leaseToken: token },
          update: updateFor(verdict, progress, { now, deadLetterMs }),
        },
      })),
    ]);
    return matchedCount;
  },
});

type Filter = mongo.Filter<WebhookEventDoc>;
type Update = mongo.UpdateFilter<WebhookEventDoc>;

const dueBy = (now: Date, isUrgentOnly: boolean) => ({
  nextAttemptAt: { $lte: now },
  ...(isUrgentOnly ? { isUrgent: true as const } : {}),
});

/** The size of a stored body, also of older versions, which did not bound it. */
const bytesOfBody = { $strLenBytes: { $ifNull: ['$body', ''] } };

const leasedFields = {
  ...{ receivedAt: 1, channelId: 1, source: 1, isUrgent: 1, status: 1, attempts: 1, takes: 1, progress: 1 },
  ...{ nextAttemptAt: 1, leaseToken: 1, lastError: 1, redrivenAt: 1 },
  bytes: bytesOfBody,
  body: { $cond: [{ $lte: [bytesOfBody, maxInlineBytes] }, '$body', '$$REMOVE'] },
};

const asLeased = (event: LeasedEvent): LeasedEvent => ({
  ...event,
  attempts: event.attempts + 1,
  takes: (event.takes ?? 0) + 1,
});

const isAhead = ({ nextAttemptAt, receivedAt }: LeasedEvent): boolean =>
  hasHeadStart(nextAttemptAt, receivedAt);

/** In the order of arrival, those with a head start first. */
function byTurn(a: LeasedEvent, b: LeasedEvent): number {
  if (isAhead(a) !== isAhead(b)) return isAhead(a) ? -1 : 1;
  return a._id.toHexString() < b._id.toHexString() ? -1 : 1;
}

const doneUpdate = (now: Date): Update => ({
  $set: { status: 'done', doneAt: now },
  $unset: { nextAttemptAt: 1, leaseToken: 1, takes: 1, progress: 1 },
});

function updateFor(
  verdict: EventVerdict,
  progress: EventProgress | null,
  { now, deadLetterMs }: SettleOptions,
): Update {
  switch (verdict.kind) {
    case 'done':
      return doneUpdate(now);
    case 'dead':
      return {
        $set: {
          status: 'dead',
          lastError: verdict.reason,
          diedAt: now,
          expiresAt: new Date(now.getTime() + deadLetterMs),
        },
        $unset: { nextAttemptAt: 1, leaseToken: 1, takes: 1, progress: 1 },
      };
    case 'again':
      return {
        $set: {
          status: 'parked',
          lastError: verdict.reason,
          nextAttemptAt: new Date(now.getTime() + verdict.delayMs),
          ...(progress === null ? {} : { progress }),
        },
        $unset: { leaseToken: 1, takes: 1, ...(progress === null ? { progress: 1 } : {}) },
      };
  }
}
