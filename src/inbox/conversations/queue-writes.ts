import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { TenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { maxKeptDecisions } from './decisions.ts';
import type {
  ConversationAssignment,
  ConversationDoc,
  ConversationHistoryEntry,
  ConversationQueue,
  ConversationRecord,
} from './model.ts';

/** What a queue is filtered by. */
export interface QueueFilter {
  /** Null for all channels. */
  readonly onlyChannels: readonly Types.ObjectId[] | null;
  readonly exceptChannels: readonly Types.ObjectId[];
  /** Without one of these labels. */
  readonly exceptLabels?: readonly Types.ObjectId[];
  /** With a message since then, or back from a snooze. */
  readonly activeSince?: Date;
}

export type QueueKey = 'queue.since' | 'createdAt';

/** A conversation in the queue. */
export type Waiting = Pick<ConversationDoc, '_id' | 'channelId' | 'createdAt'> & {
  readonly queue: ConversationQueue;
};

const waitingFields = { channelId: 1, createdAt: 1, queue: 1 } as const;

/** Far fewer conversations wait than are open. */
const hint = 'queue';

export const createQueueQueries = (conversations: TenantCollection<ConversationRecord>) => ({
  /** Those that wait, in order; `skip` of them are left out. */
  listQueued: (
    scope: ClientScope,
    filter: QueueFilter,
    { order, skip, limit }: { readonly order: QueueKey; readonly skip: number; readonly limit: number },
  ): Promise<Waiting[]> =>
    conversations.find<Waiting>(scope, toQuery(filter), {
      ...{ sort: { [order]: 1, _id: 1 }, skip, limit, projection: waitingFields, hint },
    }),

  /** How many wait, up to `atMost`, and since when the first one does. */
  async measureQueue(
    scope: ClientScope,
    filter: QueueFilter,
    atMost: number,
  ): Promise<{ readonly length: number; readonly oldestSince: Date | null }> {
    const query = toQuery(filter);
    const [first] = await conversations.find<Waiting>(scope, query, {
      ...{ sort: { 'queue.since': 1, _id: 1 }, limit: 1, projection: waitingFields, hint },
    });
    const length = first === undefined ? 0 : await conversations.count(scope, query, { limit: atMost, hint });
    return { length, oldestSince: first?.queue.since ?? null };
  },

  /** The open conversations of an agent. */
  countOpenOf: (
    scope: ClientScope,
    assignedAgentId: Types.ObjectId,
    session?: ClientSession,
  ): Promise<number> => conversations.count(scope, { assignedAgentId, status: 'open' }, { session }),

  /** The open conversations of an agent after the given one, in order of their ids. */
  listOpenOf: (
    scope: ClientScope,
    assignedAgentId: Types.ObjectId,
    after: Types.ObjectId | null,
    limit: number,
  ): Promise<Pick<ConversationDoc, '_id'>[]> =>
    conversations.find<Pick<ConversationDoc, '_id'>>(
      scope,
      { assignedAgentId, status: 'open', ...(after === null ? {} : { _id: { $gt: after } }) },
      { projection: { _id: 1 }, sort: { _id: 1 }, limit },
    ),
});

/** The writes of assignment in the transaction of a message; decisions replace the conversation. */
export const createQueueWrites = (conversations: TenantCollection<ConversationRecord>) => ({
  /** Puts an open conversation without an agent into the queue; one that waits already keeps its place. */
  async enqueue(
    scope: ClientScope,
    _id: Types.ObjectId,
    queue: ConversationQueue,
    session: ClientSession,
  ): Promise<boolean> {
    const free = { _id, status: 'open', assignedAgentId: null, queue: null } as const;
    const { matchedCount } = await conversations.updateOne(scope, free, { $set: { queue } }, { session });
    return matchedCount === 1;
  },

  /** Notes that a reopened conversation stays with its agent. */
  async keepAgent(
    scope: ClientScope,
    _id: Types.ObjectId,
    { assignment, entry }: { assignment: ConversationAssignment; entry: ConversationHistoryEntry },
    session: ClientSession,
  ): Promise<void> {
    await conversations.updateOne(
      scope,
      { _id },
      {
        $set: { assignment },
        $push: { history: { $each: [entry], $slice: -maxKeptDecisions } },
        $inc: { version: 1 },
      },
      { session },
    );
  },
});

function toQuery(filter: QueueFilter): ScopedFilter<ConversationRecord> {
  const { onlyChannels, exceptChannels, exceptLabels = [], activeSince } = filter;
  return {
    'queue.since': { $exists: true },
    // An old version that runs beside this one assigns and closes without taking it from the queue.
    ...({ status: 'open', assignedAgentId: null } as const),
    channelId: {
      ...(onlyChannels === null ? {} : { $in: [...onlyChannels] }),
      $nin: [...exceptChannels],
    },
    ...(exceptLabels.length === 0 ? {} : { labels: { $nin: [...exceptLabels] } }),
    ...(activeSince === undefined
      ? {}
      : { $or: [{ lastMessageAt: { $gte: activeSince } }, { 'queue.isWoken': true }] }),
  };
}
