import type { ClientSession } from 'mongoose';
import type { AdReferral } from '../../people/leads/ad-referral.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { TenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedUpdate } from '../../platform/tenant-queries.ts';
import { maxKeptDecisions } from './decisions.ts';
import {
  liveStatuses,
  type ConversationDoc,
  type ConversationHistoryEntry,
  type ConversationKey,
  type ConversationRecord,
  type WindowWriter,
} from './model.ts';

/** A message that the contact wrote at `at`. */
export interface ArrivalTouch {
  readonly at: Date;
  readonly windowExpiresAt: Date;
  readonly windowFrom: WindowWriter;
  /** The contact waits since then, unless they do already. */
  readonly awaitsAnswer: boolean;
  /** Kept if the message begins or reopens the conversation. */
  readonly referral?: AdReferral | undefined;
}

export type ClosedThread = Pick<ConversationDoc, '_id' | 'answeredUntil' | 'lastArrival'> & {
  readonly closedAt: Date;
};

/** The writes of a message that the contact wrote, in its transaction. */
export const createArrivalWrites = (conversations: TenantCollection<ConversationRecord>) => ({
  /** The live thread after the message; null if there is none. */
  receiveLive: (
    scope: ClientScope,
    key: ConversationKey,
    arrival: ArrivalTouch,
    session: ClientSession,
  ): Promise<ConversationDoc | null> =>
    conversations.findOneAndUpdate(scope, { ...key, status: { $in: [...liveStatuses] } }, touchOf(arrival), {
      ...{ returnDocument: 'after', projection: { history: 0 }, session },
    }),

  /** The thread that was closed first after `at`, or else the one that was closed last; null if none was closed. */
  async findClosedAround(
    scope: ClientScope,
    key: ConversationKey,
    at: Date,
    session: ClientSession,
  ): Promise<ClosedThread | null> {
    const closed = { ...key, status: 'closed' } as const;
    const options = { projection: { closedAt: 1, answeredUntil: 1, lastArrival: 1 }, session } as const;
    const last = await conversations.findOne<ClosedThread>(scope, closed, {
      ...options,
      sort: { closedAt: -1 },
    });
    // Messages that are older than a closing are rare.
    if (last === null || last.closedAt < at) return last;
    const after = { ...closed, closedAt: { $gte: at } };
    return conversations.findOne<ClosedThread>(scope, after, { ...options, sort: { closedAt: 1 } });
  },

  /** The closed thread after the message, and reopened with `reopens`; null if somebody reopened it meanwhile. */
  receiveClosed: (
    scope: ClientScope,
    { _id, closedAt, lastArrival = 0 }: ClosedThread,
    arrival: ArrivalTouch & { readonly reopens?: { readonly entry: ConversationHistoryEntry } },
    session: ClientSession,
  ): Promise<ConversationDoc | null> =>
    conversations.findOneAndUpdate(
      scope,
      { _id, status: 'closed', closedAt },
      {
        ...touchOf({ ...arrival, awaitsAnswer: false }),
        ...(arrival.reopens === undefined ? {} : reopening(arrival.reopens, arrival, lastArrival)),
      },
      { returnDocument: 'after', projection: { history: 0 }, session },
    ),

  insertOpen: (
    scope: ClientScope,
    fresh: Omit<ConversationDoc, 'clientId' | 'status'>,
    session: ClientSession,
  ): Promise<void> => conversations.insertOne(scope, { ...fresh, status: 'open', history: [] }, { session }),
});

/** The message is the next one, and unread. */
export const oneArrival = { lastArrival: 1, lastOrdinal: 1 } as const;

export const touchOf = ({ at, windowExpiresAt, windowFrom, awaitsAnswer }: ArrivalTouch) => ({
  ...(awaitsAnswer ? { $min: { waitingSince: at } } : {}),
  $max: { lastMessageAt: at, windowExpiresAt, windowFrom, unreadCount: 1 },
  $inc: { ...oneArrival },
});

const reopening = (
  { entry }: { readonly entry: ConversationHistoryEntry },
  { at, referral, awaitsAnswer }: ArrivalTouch,
  settledArrivals: number,
): ScopedUpdate<ConversationRecord> => ({
  $set: {
    ...{ status: 'open', settledArrivals },
    ...(referral === undefined ? {} : { referral }),
    ...(awaitsAnswer ? { waitingSince: at } : {}),
  },
  $unset: {
    ...{ closedAt: 1, answeredUntil: 1, breachedAt: 1, snooze: 1 },
    // An earlier version closes without removing it.
    ...(awaitsAnswer ? {} : { waitingSince: 1 }),
  },
  $push: { history: { $each: [entry], $slice: -maxKeptDecisions } },
  $inc: { ...oneArrival, version: 1, reopenings: 1 },
});
