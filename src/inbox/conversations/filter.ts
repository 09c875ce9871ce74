import type { Types } from 'mongoose';
import type { Cursor } from '../../platform/pagination.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { conversationStatuses, type ConversationRecord, type ConversationStatus } from './model.ts';

export interface ConversationFilter {
  readonly statuses?: readonly ConversationStatus[];
  readonly channelId?: Types.ObjectId;
  /** Its latest message is not older. */
  readonly since?: Date;
  /** Null for unassigned conversations. */
  readonly assignedAgentId?: Types.ObjectId | null;
  readonly leadId?: Types.ObjectId;
  readonly contactId?: Types.ObjectId;
  /** Of one of these contacts. */
  readonly contactIds?: readonly Types.ObjectId[];
  readonly isUnread?: true;
  /** It missed a deadline since it began, or was reopened. */
  readonly isBreached?: true;
  readonly isSnoozed?: true;
  readonly labelId?: Types.ObjectId;
}

/** Filters by status unless the index has none: most have it before the time (see `model.ts`). */
export function toQuery({
  isUnread,
  isBreached,
  isSnoozed,
  statuses,
  labelId,
  since,
  contactIds,
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
    ...(isUnread === true ? { unreadCount: { $gt: 0 } } : {}),
    ...(isBreached === true ? { breachedAt: { $exists: true } } : {}),
    ...(isSnoozed === true ? { snooze: { $exists: true } } : {}),
    ...(labelId === undefined ? {} : { labels: labelId }),
    ...(since === undefined ? {} : { lastMessageAt: { $gte: since } }),
    ...(needsNoStatus && statuses === undefined
      ? {}
      : { status: { $in: [...(statuses ?? conversationStatuses)] } }),
  };
}

/** The first bound serves the index, the second breaks ties. */
export const positionAfter = (
  { key, id }: Cursor<Date>,
  { since }: Pick<ConversationFilter, 'since'>,
): ScopedFilter<ConversationRecord> => ({
  lastMessageAt: { $lte: key, ...(since === undefined ? {} : { $gte: since }) },
  $or: [{ lastMessageAt: { $lt: key } }, { _id: { $lt: id } }],
});
