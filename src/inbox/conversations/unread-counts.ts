import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationDoc } from './model.ts';
import type { ReadableMessages } from './readable-messages.ts';
import { maxUnreadCount, readUpToOf, shownUnread } from './reading.ts';

/** Counts what is unread in these conversations at once; returns the number of each. Those without cost nothing. */
export async function countUnreadOf(
  { countUnread }: Pick<ReadableMessages, 'countUnread'>,
  scope: ClientScope,
  conversations: readonly ConversationDoc[],
): Promise<(conversation: ConversationDoc) => number> {
  const unread = conversations.filter(({ unreadCount }) => unreadCount > 0);
  const positions = unread.map((state) => ({ conversationId: state._id, readUpTo: readUpToOf(state) }));
  const counts = await countUnread(scope, positions, { atMost: maxUnreadCount });
  return (conversation) => shownUnread(conversation, counts.get(conversation._id.toHexString()) ?? 0);
}
