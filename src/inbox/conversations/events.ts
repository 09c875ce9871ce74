import type { NewEvent } from '../../events/declare.ts';
import type { ConversationDoc } from './repository.ts';
import { waitingSinceOf } from './waits.ts';

/** The event of the present state of a conversation. Pure. */
export const conversationEventOf = (conversation: ConversationDoc, unread: number): NewEvent => ({
  type: conversation.isUnannounced === true ? 'conversation.created' : 'conversation.updated',
  entity: { type: 'conversation', id: conversation._id },
  version: conversation.revision ?? 0,
  view: {
    contactId: conversation.contactId.toHexString(),
    channelId: conversation.channelId.toHexString(),
    leadId: conversation.leadId?.toHexString() ?? null,
    status: conversation.status,
    snoozedUntil: conversation.snooze?.until?.toISOString() ?? null,
    untilReply: conversation.snooze?.until === null,
    assignedAgentId: conversation.assignedAgentId?.toHexString() ?? null,
    queuedSince: conversation.queue?.since.toISOString() ?? null,
    unreadCount: unread,
    lastMessageAt: conversation.lastMessageAt.toISOString(),
    waitingSince: waitingSinceOf(conversation)?.toISOString() ?? null,
    windowExpiresAt: conversation.windowExpiresAt?.toISOString() ?? null,
  },
});
