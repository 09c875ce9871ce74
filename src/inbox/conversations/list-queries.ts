import type { mongo } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { TenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { mergeLatest, partsOf, positionAfter, toQuery, type ConversationFilter } from './filter.ts';
import type { ConversationDoc, ConversationRecord } from './model.ts';
import type { ConversationPlace, ConversationSort } from './sorting.ts';

export interface ConversationRange {
  readonly limit: number;
  /** In a part of the list in this order. */
  readonly after: ConversationPlace | null;
  readonly sort?: ConversationSort;
}

const withoutHistory = { projection: { history: 0 } } as const;

/** Lists of conversations, without their histories. Each throws `search-too-broad`. */
export function createListQueries(conversations: TenantCollection<ConversationRecord>) {
  const listLatest = createListLatest(conversations);
  const listWaiting = createListWaiting(conversations);

  /** Two lists, one behind the other. */
  async function listUnreadFirst(
    scope: ClientScope,
    filter: ConversationFilter,
    { limit, after }: ConversationRange,
  ): Promise<ConversationDoc[]> {
    const isBehind = after?.part === 'read';
    const unread = isBehind ? [] : await listLatest(scope, { ...filter, isUnread: true }, { limit, after });
    if (unread.length === limit || filter.isUnread === true) return unread;
    const rest = { limit, after: isBehind ? after : null };
    const read = await listLatest(scope, { ...filter, isRead: true }, rest);
    // One that was read between the two queries is in both.
    const known = new Set(unread.map(({ _id }) => _id.toHexString()));
    return [...unread, ...read.filter(({ _id }) => !known.has(_id.toHexString()))].slice(0, limit);
  }

  const lists = { recent: listLatest, unread: listUnreadFirst, waiting: listWaiting };
  return {
    /** Latest message first, unless it says otherwise. */
    list: (
      scope: ClientScope,
      filter: ConversationFilter,
      { sort = 'recent', ...range }: ConversationRange,
    ): Promise<ConversationDoc[]> => lists[sort](scope, filter, range),

    /** Counts up to `atMost`. */
    count: (
      scope: ClientScope,
      filter: ConversationFilter,
      atMost: number,
      options: { readonly maxTimeMS?: number } = {},
    ): Promise<number> =>
      conversations.searchCount(scope, toQuery(filter), {
        ...{ limit: atMost, ...options },
        ...(filter.isWaiting === true ? hintFor(filter) : {}),
      }),
  };
}

type List = (
  scope: ClientScope,
  filter: ConversationFilter,
  range: Omit<ConversationRange, 'sort'>,
) => Promise<ConversationDoc[]>;

const createListLatest =
  (conversations: TenantCollection<ConversationRecord>): List =>
  async (scope, filter, { limit, after }) => {
    const position = after === null ? {} : positionAfter(after, filter);
    const options = { ...withoutHistory, sort: { lastMessageAt: -1, _id: -1 }, limit } as const;
    const lists = await Promise.all(
      partsOf(filter).map((part) =>
        conversations.search<ConversationDoc>(scope, { ...toQuery(part), ...position }, options),
      ),
    );
    return mergeLatest(lists, limit);
  };

/** The index of those who wait has the order, whatever else is asked for. */
const createListWaiting =
  (conversations: TenantCollection<ConversationRecord>): List =>
  (scope, filter, { limit, after }) =>
    conversations.search<ConversationDoc>(
      scope,
      { ...toQuery({ ...filter, isWaiting: true }), ...(after === null ? {} : behindInWait(after)) },
      { ...withoutHistory, sort: { waitingSince: 1, _id: 1 }, limit, ...hintFor(filter) },
    );

/** A contact or lead has few conversations, which are sorted in memory. */
const hintFor = ({ leadId, contactId, contactIds }: ConversationFilter): { readonly hint?: mongo.Hint } =>
  leadId === undefined && contactId === undefined && contactIds === undefined ? { hint: 'waiting' } : {};

const behindInWait = ({ key, id }: ConversationPlace): ScopedFilter<ConversationRecord> => ({
  waitingSince: { $exists: true, $gte: key },
  $or: [{ waitingSince: { $gt: key } }, { _id: { $gt: id } }],
});
