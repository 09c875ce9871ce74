import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { TenantCollection } from '../../platform/tenant-collection.ts';
import { type ConversationRecord, liveStatuses } from './model.ts';

/** What follows from messages and answers. */
export interface KnownWait {
  /** Null if nobody waits. */
  readonly since: Date | null;
  readonly answeredAt: Date | null;
}

/** An open or pending conversation, for a look at each of them. */
export type LiveConversation = Pick<
  ConversationRecord,
  '_id' | 'lastMessageAt' | 'reopenings' | 'settledArrivals' | 'history'
>;

export type LivePlace = Pick<ConversationRecord, '_id' | 'lastMessageAt'>;

const live = { status: { $in: [...liveStatuses] } };

export const createWaitWrites = (conversations: TenantCollection<ConversationRecord>) => ({
  async setWait(
    scope: ClientScope,
    _id: Types.ObjectId,
    { since, answeredAt }: KnownWait,
    session: ClientSession,
  ): Promise<void> {
    await conversations.updateOne(
      scope,
      { _id },
      {
        ...(since === null ? { $unset: { waitingSince: 1 } } : { $set: { waitingSince: since } }),
        ...(answeredAt === null ? {} : { $max: { latestAnswerAt: answeredAt } }),
      },
      { session },
    );
  },

  /** For conversations that an earlier version reopened. */
  async settleArrivals(scope: ClientScope, _id: Types.ObjectId, settledArrivals: number): Promise<void> {
    await conversations.updateOne(
      scope,
      { _id, ...live, settledArrivals: { $exists: false } },
      { $set: { settledArrivals } },
    );
  },

  /** Those in which somebody spoke last come last, so that one which moves meanwhile is not missed. */
  listLive: (
    scope: ClientScope,
    { after, limit }: { readonly after: LivePlace | null; readonly limit: number },
  ): Promise<LiveConversation[]> =>
    conversations.find<LiveConversation>(
      scope,
      {
        ...live,
        ...(after === null
          ? {}
          : {
              lastMessageAt: { $gte: after.lastMessageAt },
              $or: [{ lastMessageAt: { $gt: after.lastMessageAt } }, { _id: { $gt: after._id } }],
            }),
      },
      {
        projection: { lastMessageAt: 1, reopenings: 1, settledArrivals: 1, history: 1 },
        ...{ sort: { lastMessageAt: 1, _id: 1 }, limit },
      },
    ),
});
