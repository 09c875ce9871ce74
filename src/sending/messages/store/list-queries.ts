import type { Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import { withinPageBytes } from '../../../platform/pagination.ts';
import { indexFor, tokenIndex } from '../../../platform/search/hints.ts';
import { conditionOf, type SearchQuery } from '../../../platform/search/query.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../../platform/tenant-queries.ts';
import { milestoneStatuses } from '../history.ts';
import type { MessageStatus } from '../lifecycle.ts';
import type { MessageDoc, StatusEntry } from './model.ts';

/**
 * An item of a list: without the fields that only the single view shows, and of the history and the changes only what a
 * list shows of them.
 */
export type MessageListItem = Omit<MessageDoc, 'statusHistory' | 'participants'> & {
  readonly statusHistory: readonly Pick<StatusEntry, 'status' | 'timestamp'>[];
};

/** Objects that earlier versions stored with the message; larger ones are left out of lists. */
const maxListedRawBytes = 64 * 1_024;

const isListedRaw = {
  $and: [
    { $eq: [{ $type: '$content.raw' }, 'object'] },
    { $lte: [{ $bsonSize: { $ifNull: ['$content.raw', {}] } }, maxListedRawBytes] },
  ],
};

const milestones = {
  $map: {
    input: {
      $filter: { input: '$statusHistory', cond: { $in: ['$$this.status', [...milestoneStatuses]] } },
    },
    in: { status: '$$this.status', timestamp: '$$this.timestamp' },
  },
};

/** What a list reads of a message. */
const listStages = [
  { $unset: ['participants', 'searchTokens'] },
  {
    $set: {
      statusHistory: milestones,
      'content.raw': { $cond: [isListedRaw, '$content.raw', '$$REMOVE'] },
      changes: { $cond: [{ $isArray: '$changes' }, { $slice: ['$changes', -1] }, '$$REMOVE'] },
    },
  },
];

export interface MessageFilter {
  readonly conversationId?: Types.ObjectId | undefined;
  readonly contactId?: Types.ObjectId | undefined;
  readonly statuses?: readonly MessageStatus[] | undefined;
  readonly direction?: MessageDoc['direction'] | undefined;
  readonly templateName?: string | undefined;
  readonly since?: Date | undefined;
  /** Not empty. */
  readonly query?: SearchQuery | undefined;
}

/** The place of a message in lists. */
export interface MessagePosition {
  readonly timestamp: Date;
  readonly _id: Types.ObjectId;
}

export interface MessageRange {
  readonly order: 'newest-first' | 'oldest-first';
  /** Where the range begins; null for the beginning of the list. */
  readonly start: { readonly place: MessagePosition; readonly isIncluded: boolean } | null;
  readonly limit: number;
}

export const createListQueries = (messages: TenantCollection<MessageDoc>) => ({
  /** For `toBoundedPage`. Throws `search-too-broad`. */
  async list(
    scope: ClientScope,
    filter: MessageFilter,
    { order, start, limit }: MessageRange,
  ): Promise<MessageListItem[]> {
    const direction = order === 'newest-first' ? -1 : 1;
    const sort = { timestamp: direction, _id: direction } as const;
    const stages = [{ $sort: sort }, { $limit: limit }, ...listStages, ...withinPageBytes(sort)];
    const query = { $and: [toQuery(filter), ...(start === null ? [] : [from(start, order)])] };
    if (isServedByIndex(filter)) return messages.aggregate<MessageListItem>(scope, query, stages);
    return messages.searchStages<MessageListItem>(
      scope,
      query,
      stages,
      await hintFor(messages, scope, filter),
    );
  },

  /** The latest message of each conversation, at the cost of one index entry and one document each. */
  async latestOf(
    scope: ClientScope,
    conversationIds: readonly Types.ObjectId[],
  ): Promise<readonly MessageListItem[]> {
    if (conversationIds.length === 0) return [];
    const found = await messages.aggregate<{ readonly message: MessageListItem }>(
      scope,
      { conversationId: { $in: [...conversationIds] } },
      [
        { $sort: { conversationId: 1, timestamp: -1, _id: -1 } },
        { $group: { _id: '$conversationId', message: { $first: '$$ROOT' } } },
        {
          $unset: [
            'message.statusHistory',
            'message.participants',
            'message.content.raw',
            'message.searchTokens',
          ],
        },
      ],
    );
    return found.map(({ message }) => ({ ...message, statusHistory: [] }));
  },

  /** Null if the message does not match. */
  findPosition: (
    scope: ClientScope,
    filter: MessageFilter,
    _id: Types.ObjectId,
  ): Promise<MessagePosition | null> =>
    messages.findOne<MessagePosition & MessageDoc>(
      scope,
      { ...toQuery(filter), _id },
      { projection: { timestamp: 1 } },
    ),
});

const toQuery = ({
  conversationId,
  contactId,
  statuses,
  direction,
  templateName,
  since,
  query,
}: MessageFilter): ScopedFilter<MessageDoc> => ({
  ...(conversationId === undefined ? {} : { conversationId }),
  ...(contactId === undefined ? {} : { contactId }),
  ...(statuses === undefined ? {} : { status: { $in: [...statuses] } }),
  ...(direction === undefined ? {} : { direction }),
  ...(templateName === undefined ? {} : { templateName }),
  ...(since === undefined ? {} : { timestamp: { $gte: since } }),
  ...(query === undefined ? {} : { searchTokens: conditionOf(query) }),
});

const searchIndexes = { byToken: tokenIndex, byTime: 'clientId_1_timestamp_-1__id_-1' } as const;

/** Of a conversation or contact and a word, the server finds out which is rarer. */
async function hintFor(
  messages: TenantCollection<MessageDoc>,
  scope: ClientScope,
  { query, conversationId, contactId, since }: MessageFilter,
): Promise<{ readonly hint?: string }> {
  if (query === undefined || conversationId !== undefined || contactId !== undefined) return {};
  const hint = await indexFor(query, searchIndexes, (limit) =>
    messages.searchCount(scope, toQuery({ query, since }), { hint: tokenIndex, limit }),
  );
  return { hint };
}

/** The bound outside the `$or` lets one index serve filter and order. */
function from(
  { place: { timestamp, _id }, isIncluded }: NonNullable<MessageRange['start']>,
  order: MessageRange['order'],
): ScopedFilter<MessageDoc> {
  const included = isIncluded ? [{ _id }] : [];
  return order === 'newest-first'
    ? {
        timestamp: { $lte: timestamp },
        $or: [{ timestamp: { $lt: timestamp } }, { _id: { $lt: _id } }, ...included],
      }
    : {
        timestamp: { $gte: timestamp },
        $or: [{ timestamp: { $gt: timestamp } }, { _id: { $gt: _id } }, ...included],
      };
}

/** Whether an index finds the messages in order; of other filters, it only narrows what is read. */
const isServedByIndex = ({
  conversationId,
  contactId,
  statuses,
  direction,
  templateName,
  query,
}: MessageFilter) =>
  query === undefined &&
  direction === undefined &&
  templateName === undefined &&
  [conversationId, contactId, statuses].filter((field) => field !== undefined).length <= 1;
