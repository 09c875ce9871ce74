import mongoose, { type Connection, type mongo, type Types } from 'mongoose';
import { createBulkWriter } from '../platform/bulk-writer.ts';
import { newUuid } from '../platform/ids.ts';
import { openPlatformCollection } from '../platform/platform-collection.ts';
import type { ProcessorLane } from './lane-bounds.ts';
import { chooseForLease, maxInlineBytes, maxSharedBytes } from './lease-size.ts';
import { holdFields, webhookEventModel, type WebhookEventDoc } from './model.ts';
import type { EventProgress } from './progress.ts';
import { hasHeadStart, type EventVerdict } from './rules.ts';
import { isLargeSource, largeSourceOf, largeSources, type DueSource } from './source.ts';

export type { WebhookEventDoc } from './model.ts';

/** An event under a lease; the body of a large one is read by `readBody`. */
export interface LeasedEvent extends Omit<WebhookEventDoc, 'body' | 'persons' | 'holds' | 'quotes'> {
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
  readonly lane: ProcessorLane;
  /** Null for events of older versions. */
  readonly source: string | null;
}

export interface Lease {
  readonly token: string;
  readonly events: readonly LeasedEvent[];
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
    async dueSources({ now, lane }: Pick<LeaseRequest, 'now' | 'lane'>): Promise<DueSource[]> {
      // A bound that matches every source lets the server skip through the index, as one on the large ones does.
      const bounds = lane === 'large' ? largeSources : { $gte: new mongoose.mongo.MinKey() };
      const first = { dueAt: { $first: '$nextAttemptAt' }, bytes: { $first: '$bytes' } };
      const due = await events
        .aggregate<DueSource>([
          { $match: { source: bounds, ...dueBy(now, lane) } },
          { $sort: { source: 1, ...(lane === 'urgent' ? { isUrgent: 1 } : {}), nextAttemptAt: 1 } },
          { $group: { _id: '$source', ...first } },
          { $limit: maxSources },
          {
            $project: {
              _id: 0,
              source: { $ifNull: ['$_id', null] },
              dueAt: 1,
              bytes: { $ifNull: ['$bytes', null] },
            },
          },
        ])
        .toArray();
      return lane === 'large' ? due : due.filter(({ source }) => !isLargeSource(source));
    },

    /**
     * Leases up to `limit` due events of a source for `leaseMs`, the longest due first, and no more than `chooseForLease`
     * allows. Several processors share the intake: the first to write the lease holds the event, and it is due again when
     * the lease ends. An index answers which events are due: only those of the lease are read.
     */
    async lease({ limit, leaseMs, now, lane, source }: LeaseRequest): Promise<Lease> {
      const due = chooseForLease(
        await events
          .find({ source, ...dueBy(now, lane) } as Filter)
          .sort({ nextAttemptAt: 1 })
          .limit(limit)
          .project<DueEvent>(dueFields)
          .map(asTakeable)
          .toArray(),
      );
      const token = newUuid();
      if (due.length === 0) return { token, events: [] };
      const ids = due.map(({ _id }) => _id);
      await events.updateMany(
        { _id: { $in: ids }, nextAttemptAt: { $lte: now } },
        {
          $set: { nextAttemptAt: new Date(now.getTime() + leaseMs), leaseToken: token },
          $inc: { attempts: 1, takes: 1 },
        },
      );
      const dueAtOf = new Map(due.map(({ _id, nextAttemptAt }) => [_id.toHexString(), nextAttemptAt]));
      const leased = await events
        .find({ _id: { $in: ids }, leaseToken: token })
        .project<LeasedEvent>(leasedFields)
        .map((event) => ({
          ...event,
          nextAttemptAt: dueAtOf.get(event._id.toHexString()) ?? event.receivedAt,
        }))
        .toArray();
      return { token, events: leased.toSorted(byTurn) };
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

  /** Moves large bodies, which an older version stored among the small ones of their source; the lease goes on. */
  async moveToLarge({ token, events: held }: Lease): Promise<void> {
    await events.bulkWrite(
      held.map(({ _id, source = null, bytes }) => ({
        updateOne: {
          filter: { _id, leaseToken: token },
          update: { $set: { source: largeSourceOf(source), bytes } },
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

const dueBy = (now: Date, lane: ProcessorLane) => ({
  nextAttemptAt: { $lte: now },
  ...(lane === 'urgent' ? { isUrgent: true as const } : {}),
});

/** What the index says about a due event; null for what the event has not. */
interface DueEvent {
  readonly _id: Types.ObjectId;
  readonly nextAttemptAt: Date;
  readonly bytes: number | null;
  readonly takes: number | null;
}

const dueFields = { nextAttemptAt: 1, bytes: 1, takes: 1 };

/** An event whose size was not stored, by an older version, may be large. */
const asTakeable = ({ bytes, takes, ...event }: DueEvent) => ({
  ...event,
  bytes: bytes ?? maxSharedBytes,
  takes: takes ?? 0,
});

/** The size of a stored body, also of older versions, which neither bounded nor stored it. */
const bytesOfBody = { $ifNull: ['$bytes', { $strLenBytes: { $ifNull: ['$body', ''] } }] };

const leasedFields = {
  ...{ receivedAt: 1, channelId: 1, source: 1, isUrgent: 1, status: 1, attempts: 1, takes: 1, progress: 1 },
  ...{ nextAttemptAt: 1, leaseToken: 1, lastError: 1, redrivenAt: 1 },
  bytes: bytesOfBody,
  body: { $cond: [{ $lte: [bytesOfBody, maxInlineBytes] }, '$body', '$$REMOVE'] },
};

const isAhead = ({ nextAttemptAt, receivedAt }: LeasedEvent): boolean =>
  hasHeadStart(nextAttemptAt, receivedAt);

/** In the order of arrival, those with a head start first. */
function byTurn(a: LeasedEvent, b: LeasedEvent): number {
  if (isAhead(a) !== isAhead(b)) return isAhead(a) ? -1 : 1;
  return a._id.toHexString() < b._id.toHexString() ? -1 : 1;
}

const doneUpdate = (now: Date): Update => ({
  $set: { status: 'done', doneAt: now },
  $unset: { nextAttemptAt: 1, leaseToken: 1, takes: 1, progress: 1, ...holdFields },
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
        $unset: { nextAttemptAt: 1, leaseToken: 1, takes: 1, progress: 1, ...holdFields },
      };
    case 'again':
      return {
        $set: {
          status: 'parked',
          lastError: verdict.reason,
          nextAttemptAt: new Date(now.getTime() + verdict.delayMs),
          ...(progress === null ? {} : { progress }),
        },
        $unset: {
          ...{ leaseToken: 1, takes: 1 },
          ...(progress === null ? { progress: 1 } : {}),
          ...(verdict.isRead ? holdFields : {}),
        },
      };
  }
}
