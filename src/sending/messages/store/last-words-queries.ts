import type { Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../../platform/tenant-queries.ts';
import { unsentStatuses, type MessageStatus } from '../lifecycle.ts';
import type { MessageDoc } from './model.ts';

type Said = Pick<MessageDoc, '_id' | 'timestamp' | 'status'>;

const latest = { projection: { timestamp: 1, status: 1 }, sort: { timestamp: -1, _id: -1 } } as const;

const left = { $in: ['sent', 'delivered', 'read'] as MessageStatus[] };

/** Of reactions, calls and scores nobody awaits an answer. */
export const asks: ScopedFilter<MessageDoc> = {
  ...{ direction: 'inbound', senderType: 'contact', messageType: { $nin: ['reaction', 'call'] } },
  'survey.part': { $ne: 'score' },
};
/** A survey is no part of the talk. */
const ours: ScopedFilter<MessageDoc> = {
  ...{ direction: 'outbound', messageType: { $ne: 'reaction' }, survey: { $exists: false } },
};
export const answers: ScopedFilter<MessageDoc> = {
  ...ours,
  senderType: { $in: ['agent', 'phone'] },
  status: left,
};

/** Who spoke last in a conversation; each query ends at the first match in the index of its messages. */
export const createLastWordsQueries = (messages: TenantCollection<MessageDoc>) => ({
  /** The latest message of each kind in a conversation. */
  async findLastWords(
    scope: ClientScope,
    { _id: conversationId, contactId }: { readonly _id: Types.ObjectId; readonly contactId: Types.ObjectId },
  ): Promise<Readonly<Record<'asked' | 'answered' | 'ours' | 'unsent', Said | null>>> {
    const find = (filter: ScopedFilter<MessageDoc>) =>
      messages.findOne<Said>(scope, { conversationId, ...filter }, latest);
    const [asked, answered, said, unsent] = await Promise.all([
      find(asks),
      find(answers),
      find({ ...ours, status: { $ne: 'canceled' } }),
      messages.findOne<Said>(scope, { conversationId, contactId, status: { $in: [...unsentStatuses] } }),
    ]);
    return { asked, answered, ours: said, unsent };
  },
});
