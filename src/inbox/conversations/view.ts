import { toAdReferralView } from '../../people/leads/ad-referral.ts';
import { toContactSummary } from './contacts.ts';
import type { SharedReadMark } from './read-mark.ts';
import type { ConversationDoc, ConversationSnooze, ShownConversation, WithContact } from './use-cases.ts';
import type { ConversationListItemView, ConversationView } from './schemas.ts';
import { waitingSinceOf } from './waits.ts';

export const toConversationListItemView = ({
  conversation,
  contact,
  deadlines,
  latest,
  survey,
  unread,
  seenByMe,
}: WithContact<ConversationDoc>): ConversationListItemView => ({
  id: conversation._id.toHexString(),
  leadId: conversation.leadId?.toHexString() ?? null,
  contactId: conversation.contactId.toHexString(),
  group:
    conversation.group === undefined
      ? null
      : { id: conversation.group.id, subject: conversation.group.subject ?? null },
  contact: contact === null ? null : toContactSummary(contact),
  channelId: conversation.channelId.toHexString(),
  assignedAgentId: conversation.assignedAgentId?.toHexString() ?? null,
  queuedSince: conversation.queue?.since.toISOString() ?? null,
  status: conversation.status,
  snoozedUntil: conversation.snooze?.until?.toISOString() ?? null,
  untilReply: conversation.snooze?.until === null,
  labels: (conversation.labels ?? []).map((id) => id.toHexString()),
  lastMessageAt: conversation.lastMessageAt.toISOString(),
  waitingSince: waitingSinceOf(conversation)?.toISOString() ?? null,
  windowExpiresAt: conversation.windowExpiresAt?.toISOString() ?? null,
  freeEntryPointExpiresAt: conversation.freeEntryPointExpiresAt?.toISOString() ?? null,
  unreadCount: unread,
  seenByMe: seenByMe?.toHexString() ?? null,
  lastMessage: latest === null ? null : { ...latest, timestamp: latest.timestamp.toISOString() },
  deadlines: deadlines.map(({ kind, dueAt, state }) => ({
    kind,
    dueAt: dueAt?.toISOString() ?? null,
    state,
  })),
  closedAt: conversation.closedAt?.toISOString() ?? null,
  survey,
  referral: toAdReferralView(conversation.referral),
  createdAt: conversation.createdAt.toISOString(),
});

export const toConversationView = (found: ShownConversation): ConversationView => ({
  ...toConversationListItemView(found),
  sharedReadMark: found.readMark === null ? null : shownReadMark(found.readMark),
  history: found.conversation.history.map(({ at, by, reason, status, snooze, assignedAgentId }) => ({
    at: at.toISOString(),
    by: by?.toHexString() ?? null,
    reason: reason ?? null,
    ...(status === undefined ? {} : { status }),
    ...(snooze === undefined ? {} : shownSnooze(snooze)),
    ...(assignedAgentId === undefined ? {} : { assignedAgentId: assignedAgentId?.toHexString() ?? null }),
  })),
});

const shownReadMark = ({ shown, failure }: SharedReadMark) => ({
  messageId: shown?.messageId.toHexString() ?? null,
  at: shown?.at.toISOString() ?? null,
  failure:
    failure === null
      ? null
      : {
          messageId: failure.messageId.toHexString(),
          ...{ code: failure.code, title: failure.title, at: failure.at.toISOString() },
          isFinal: failure.isFinal,
        },
});

const shownSnooze = ({ until }: ConversationSnooze) =>
  until === null ? { untilReply: true as const } : { snoozedUntil: until.toISOString() };
