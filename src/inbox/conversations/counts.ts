import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationFilter, ConversationRepository } from './repository.ts';
import { liveStatuses } from './model.ts';

/** A count stops here: beyond it a person reads "many", and each entry costs time. */
export const maxViewCount = 1_000;

const views = [
  ...(['open', 'pending', 'unread', 'mine', 'unassigned', 'breached', 'snoozed', 'waiting'] as const),
] as const;
type View = (typeof views)[number];
export type ConversationCounts = Readonly<Record<View, number>>;

/** What the list of each view filters by. */
const filterOfView = (userId: Types.ObjectId): Readonly<Record<View, ConversationFilter>> => ({
  open: { statuses: ['open'] },
  pending: { statuses: ['pending'] },
  unread: { isUnread: true },
  mine: { statuses: [...liveStatuses], assignedAgentId: userId },
  unassigned: { statuses: [...liveStatuses], assignedAgentId: null },
  breached: { isBreached: true },
  snoozed: { isSnoozed: true },
  waiting: { isWaiting: true },
});

/** Counted when somebody asks, by the indexes that serve the lists. */
export async function countViews(
  conversations: Pick<ConversationRepository, 'count'>,
  scope: ClientScope,
  userId: Types.ObjectId,
): Promise<ConversationCounts> {
  const filters = filterOfView(userId);
  const count = (view: View) => conversations.count(scope, filters[view], maxViewCount);
  const [open, pending, unread, mine, unassigned, breached, snoozed, waiting] = await Promise.all([
    ...[count('open'), count('pending'), count('unread')],
    ...[count('mine'), count('unassigned'), count('breached'), count('snoozed')],
    count('waiting'),
  ] as const);
  return { open, pending, unread, mine, unassigned, breached, snoozed, waiting };
}
