import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { TenantCollection } from '../../platform/tenant-collection.ts';
import type { ConversationRecord } from './model.ts';

/** An open conversation that may close by itself; its history is only the last entry. */
export type SilentConversation = Pick<
  ConversationRecord,
  '_id' | 'contactId' | 'lastMessageAt' | 'revision' | 'history'
>;

export interface SilentRange {
  /** Nobody has spoken since. */
  readonly until: Date;
  /** Where the list goes on. */
  readonly after: { readonly _id: Types.ObjectId; readonly lastMessageAt: Date } | null;
  readonly limit: number;
}

const open = { status: 'open' } as const;

export const createSilentQueries = (conversations: TenantCollection<ConversationRecord>) => ({
  /** Open conversations without a later message, the longest silence first. */
  listSilent: (scope: ClientScope, { until, after, limit }: SilentRange): Promise<SilentConversation[]> =>
    conversations.find<SilentConversation>(
      scope,
      {
        ...open,
        lastMessageAt: { $lte: until, ...(after === null ? {} : { $gte: after.lastMessageAt }) },
        ...(after === null
          ? {}
          : { $or: [{ lastMessageAt: { $gt: after.lastMessageAt } }, { _id: { $gt: after._id } }] }),
      },
      {
        projection: { contactId: 1, lastMessageAt: 1, revision: 1, history: { $slice: -1 } },
        ...{ sort: { lastMessageAt: 1, _id: 1 }, limit },
      },
    ),

  /** The open conversation in which somebody spoke first after `at`. */
  findFirstSpokenAfter: (
    scope: ClientScope,
    at: Date,
  ): Promise<Pick<ConversationRecord, 'lastMessageAt'> | null> =>
    conversations.findOne<Pick<ConversationRecord, 'lastMessageAt'>>(
      scope,
      { ...open, lastMessageAt: { $gt: at } },
      { projection: { lastMessageAt: 1 }, sort: { lastMessageAt: 1, _id: 1 } },
    ),
});
