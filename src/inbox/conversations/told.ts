import type { NewEvent } from '../../events/declare.ts';
import { mapConcurrently } from '../../platform/concurrency.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { conversationEventOf } from './events.ts';
import type { ReadableMessages } from './readable-messages.ts';
import type { ConversationDoc } from './repository.ts';
import { countUnreadOf } from './unread-counts.ts';

/** Clients whose unread messages are counted at the same time. */
const maxConcurrentCounts = 4;
/** Conversations of one count, as on a page of the list. */
const maxOfCount = 100;

/** The events of marked conversations, with their unread counts of now. */
export const createConversationEvents =
  (readable: Pick<ReadableMessages, 'countUnread'>) =>
  async (conversations: readonly ConversationDoc[]): Promise<readonly NewEvent[]> => {
    const numbers = new Map<string, number>();
    await mapConcurrently(partsOf(conversations), maxConcurrentCounts, async ([first, ...rest]) => {
      const unread = await countUnreadOf(readable, scopeOf(first.clientId), [first, ...rest]);
      for (const conversation of [first, ...rest])
        numbers.set(conversation._id.toHexString(), unread(conversation));
    });
    return conversations.map((conversation) =>
      conversationEventOf(conversation, numbers.get(conversation._id.toHexString()) ?? 0),
    );
  };

type Part = readonly [ConversationDoc, ...ConversationDoc[]];

/** Each part is of one client. */
function partsOf(conversations: readonly ConversationDoc[]): readonly Part[] {
  const parts: [ConversationDoc, ...ConversationDoc[]][] = [];
  const open = new Map<string, [ConversationDoc, ...ConversationDoc[]]>();
  for (const conversation of conversations) {
    const client = conversation.clientId.toHexString();
    const part = open.get(client);
    if (part !== undefined && part.length < maxOfCount) {
      part.push(conversation);
      continue;
    }
    const fresh: [ConversationDoc, ...ConversationDoc[]] = [conversation];
    open.set(client, fresh);
    parts.push(fresh);
  }
  return parts;
}
