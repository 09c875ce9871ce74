import { shownContent } from './content/shown/view.ts';
import { workflowIdOf } from './contract.ts';
import { undated } from './lifecycle.ts';
import { toWaitingForView } from './actions/view.ts';
import { priorityOrDefault } from './rules.ts';
import type { MessageListItemView, MessageView } from './schemas.ts';
import type { MessageDoc, MessageListItem } from './use-cases.ts';
import { waitingForOf } from './actions/timeline.ts';

const isoOrNull = (date: Date | undefined): string | null => date?.toISOString() ?? null;

export function toMessageListItemView(message: MessageListItem): MessageListItemView {
  const id = message._id.toHexString();
  return {
    id,
    conversationId: message.conversationId.toHexString(),
    channelId: message.channelId.toHexString(),
    contactId: message.contactId.toHexString(),
    direction: message.direction,
    senderType: message.senderType,
    messageType: message.messageType,
    to: message.to ?? null,
    createdBy: message.createdBy?.toHexString() ?? null,
    repliesTo: message.repliesTo?.toHexString() ?? null,
    content: shownContent(message.content),
    templateName: message.templateName ?? null,
    category: message.category ?? null,
    priority: message.direction === 'outbound' ? priorityOrDefault(message.priority) : null,
    status: message.status,
    timestamp: message.timestamp.toISOString(),
    sendAt: isoOrNull(message.sendAt),
    expiresAt: isoOrNull(message.expiresAt),
    attempts: message.dispatch.attempt,
    providerMessageId: message.providerMessageId ?? null,
    // An overruled failure is shown in the history only.
    failure: message.status === 'failed' && message.failure !== undefined ? undated(message.failure) : null,
    retryOf: message.retryOf?.toHexString() ?? null,
    retriedBy: message.retriedBy?.toHexString() ?? null,
    workflowId: message.direction === 'outbound' ? workflowIdOf(id) : null,
    createdAt: message._id.getTimestamp().toISOString(),
  };
}

export function toMessageView(message: MessageDoc): MessageView {
  const waitingFor = waitingForOf(message, null);
  return {
    ...toMessageListItemView(message),
    waitingFor: waitingFor === null ? null : toWaitingForView(waitingFor),
    statusHistory: message.statusHistory.map(({ status, timestamp, raw }) => ({
      status,
      timestamp: timestamp.toISOString(),
      raw: raw ?? null,
    })),
  };
}

/**
 * The response to the request that created the message. Shows the message as accepted, not its current state, so that
 * a repeated request always gets the same response.
 */
export function toAcceptedView(message: MessageDoc): MessageView {
  const [accepted] = message.statusHistory;
  const status = message.sendAt === undefined ? ('queued' as const) : ('scheduled' as const);
  const {
    providerMessageId: _id,
    failure: _failure,
    waiting: _waiting,
    retriedBy: _by,
    ...asAccepted
  } = message;
  return toMessageView({
    ...asAccepted,
    status,
    statusHistory: accepted === undefined ? [] : [accepted],
    dispatch: { attempt: 0, isCalling: false, attempts: [] },
  });
}
