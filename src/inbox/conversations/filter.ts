import type { Types } from 'mongoose';
import type { Cursor } from '../../platform/pagination.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import {
  conversationStatuses,
  liveStatuses,
  type ConversationRecord,
  type ConversationStatus,
} from './model.ts';

export interface ConversationFilter {
  readonly statuses?: readonly ConversationStatus[];
  readonly channelId?: Types.ObjectId;
  /** Its latest message is not older. */
  readonly since?: Date;
  /** Null for unassigned conversations. */
  readonly assignedAgentId?: Types.ObjectId | null;
  /** Assigned to one of these; not empty. */
  readonly assignedAgentIds?: readonly Types.ObjectId[];
  readonly leadId?: Types.ObjectId;
  readonly contactId?: Types.ObjectId;
  /** Of one of these contacts. */
  readonly contactIds?: readonly Types.ObjectId[];
  readonly isUnread?: true;
  /** Nothing is unread. */
  readonly isRead?: true;
  /** The contact waits for an answer. */
  readonly isWaiting?: true;
  /** It was not written before. */
  readonly changedSince?: Date;
  /** It missed a deadline since it began, or was reopened. */
  readonly isBreached?: true;
  readonly isSnoozed?: true;
  readonly labelId?: Types.ObjectId;
}

/** Filters by status unless the index has none: most have it before the time (see `model.ts`). */
export function toQuery({
  isUnread,
  isRead,
  isWaiting,
  changedSince,
  isBreached,
  isSnoozed,
  statuses,
  labelId,
  since,
  contactIds,
  assignedAgentIds,
  ...filter
}: ConversationFilter): ScopedFilter<ConversationRecord> {
  const needsNoStatus =
    isUnread === true ||
    isBreached === true ||
    isSnoozed === true ||
    labelId !== undefined ||
    contactIds !== undefined;
  return {
    ...filter,
    ...(contactIds === undefined ? {} : { contactId: { $in: [...contactIds] } }),
    ...(assignedAgentIds === undefined ? {} : { assignedAgentId: { $in: [...assignedAgentIds] } }),
    ...(isUnread === true ? { unreadCount: { $gt: 0 } } : {}),
    ...(isRead === true ? { unreadCount: { $lte: 0 } } : {}),
    ...(isWaiting === true ? { waitingSince: { $exists: true } } : {}),
    ...(changedSince === undefined ? {} : { changedAt: { $gte: changedSince } }),
    ...(isBreached === true ? { breachedAt: { $exists: true } } : {}),
    ...(isSnoozed === true ? { snooze: { $exists: true } } : {}),
    ...(labelId === undefined ? {} : { labels: labelId }),
    ...(since === undefined ? {} : { lastMessageAt: { $gte: since } }),
    ...(needsNoStatus && statuses === undefined && isWaiting !== true
      ? {}
      : { status: { $in: [...statusesOf({ statuses, isWaiting })] } }),
  };
}

/** A closed conversation waits for nothing, also if an earlier version closed it. */
const statusesOf = ({
  statuses,
  isWaiting,
}: {
  readonly statuses: readonly ConversationStatus[] | undefined;
  readonly isWaiting: true | undefined;
}): readonly ConversationStatus[] =>
  isWaiting === true
    ? liveStatuses.filter((status) => statuses?.includes(status) ?? true)
    : (statuses ?? conversationStatuses);

/** Into how many sorted ranges of an index the server splits one query; with more it sorts in memory. */
const maxRanges = 200;

/** The filter as parts that do not overlap, each of which an index serves in order. */
export function partsOf(filter: ConversationFilter): readonly ConversationFilter[] {
  const { assignedAgentIds, statuses = conversationStatuses } = filter;
  if (assignedAgentIds === undefined) return [filter];
  const size = Math.max(1, Math.floor(maxRanges / statuses.length));
  const parts = Math.ceil(assignedAgentIds.length / size);
  return Array.from({ length: parts }, (_value, index) => ({
    ...filter,
    assignedAgentIds: assignedAgentIds.slice(index * size, (index + 1) * size),
  }));
}

type Listed = Pick<ConversationRecord, '_id' | 'lastMessageAt'>;

const byLatest = (a: Listed, b: Listed): number =>
  b.lastMessageAt.getTime() - a.lastMessageAt.getTime() ||
  (a._id.toHexString() < b._id.toHexString() ? 1 : -1);

/** The first of several lists that are each in the order of their latest messages. */
export const mergeLatest = <C extends Listed>(lists: readonly (readonly C[])[], limit: number): C[] =>
  lists.flat().toSorted(byLatest).slice(0, limit);

/** The first bound serves the index, the second breaks ties. */
export const positionAfter = (
  { key, id }: Cursor<Date>,
  { since }: Pick<ConversationFilter, 'since'>,
): ScopedFilter<ConversationRecord> => ({
  lastMessageAt: { $lte: key, ...(since === undefined ? {} : { $gte: since }) },
  $or: [{ lastMessageAt: { $lt: key } }, { _id: { $lt: id } }],
});
