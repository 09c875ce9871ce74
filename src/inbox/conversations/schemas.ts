import { z } from 'zod';
import { objectIdText, openEnum } from '../../platform/fields.ts';
import { AdReferralView } from '../../people/leads/ad-referral.ts';
import { pageOf } from '../../platform/pagination.ts';
import { ContactSummary } from './contacts.ts';
import { deadlineKinds, deadlineStates } from './deadlines.ts';
import { maxViewCount } from './counts.ts';
import { maxUnreadCount } from './reading.ts';
import { SharedReadMarkView } from './reading-schemas.ts';
import { conversationReasons, conversationStatuses } from './model.ts';

export const ConversationStatus = z.enum(conversationStatuses).meta({ id: 'ConversationStatus' });

export const PatchConversationBody = z
  .strictObject({
    status: ConversationStatus.meta({
      description:
        '`pending` sets it aside without end. Any status ends a snooze. A contact who writes soon after `closed` reopens it, see the inbox settings',
    }),
  })
  .meta({ id: 'UpdateConversationBody', examples: [{ status: 'closed' }] });

export const AssignConversationBody = z
  .strictObject({
    agentId: z
      .union([z.literal('auto'), objectIdText], { error: 'Must be the id of a user, or auto.' })
      .nullable()
      .meta({
        description:
          'An active user of the business; null unassigns the conversation, `auto` lets the queue find an agent',
      }),
  })
  .meta({ id: 'AssignConversationBody', examples: [{ agentId: '665f1c2ab7e4d3a9c8b01234' }] });

const maxLabels = 20;

export const ReplaceLabelsBody = z
  .strictObject({
    labels: z
      .array(objectIdText)
      .max(maxLabels)
      .superRefine((labels, context) => {
        const ids = labels.map(String);
        for (const [index, id] of ids.entries()) {
          if (ids.indexOf(id) < index)
            context.addIssue({ code: 'custom', path: [index], message: 'The label occurs twice.' });
        }
      })
      .meta({ description: 'The ids of all labels that it is to have; none takes all away' }),
  })
  .meta({ id: 'ReplaceConversationLabelsBody', examples: [{ labels: ['665f1f77bcf86cd799439031'] }] });

const ConversationGroup = z
  .object({
    id: z.string().meta({ description: 'The id of the group at WhatsApp' }),
    subject: z.string().nullable(),
  })
  .meta({ id: 'ConversationGroup' });

const DeadlineView = z
  .object({
    kind: z.enum(deadlineKinds).meta({ id: 'DeadlineKind' }),
    dueAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'Null while it is paused, and if the business hours never open again' }),
    state: z.enum(deadlineStates).meta({
      id: 'DeadlineState',
      description: 'A `breached` deadline stays breached, also once the answer is given',
    }),
  })
  .meta({ id: 'Deadline' });

const LatestMessageView = z
  .object({
    id: z.string(),
    direction: z.enum(['inbound', 'outbound']),
    senderType: z.string().meta({ description: 'As in the message itself' }),
    messageType: z.string().meta({ description: 'As in the message itself' }),
    status: z.string().meta({ description: 'As in the message itself' }),
    text: z.string().nullable().meta({
      description: 'The beginning of its text or caption, in one line; null if it has none',
    }),
    timestamp: z.iso.datetime(),
  })
  .meta({ id: 'LatestMessage' });

const ConversationSurveyView = z
  .object({
    id: z.string(),
    state: z.string().meta({ description: 'As in the survey itself' }),
    score: z.int().nullable().meta({ description: 'From 1 to 5; null without an answer' }),
    comment: z.string().nullable().meta({ description: 'The beginning of the comment; null without one' }),
  })
  .meta({ id: 'ConversationSurvey' });

const viewCount = z.int().min(0).max(maxViewCount);

export const ConversationCountsView = z
  .object({
    open: viewCount.meta({ description: 'As `status=open` lists' }),
    pending: viewCount.meta({ description: 'As `status=pending` lists' }),
    unread: viewCount.meta({ description: 'As `unread=true` lists' }),
    mine: viewCount.meta({
      description: 'As `status=open,pending` with your own id as `assignedAgentId` lists',
    }),
    unassigned: viewCount.meta({ description: 'As `status=open,pending&assignedAgentId=none` lists' }),
    breached: viewCount.meta({ description: 'As `breached=true` lists' }),
    snoozed: viewCount.meta({ description: 'As `snoozed=true` lists' }),
    waiting: viewCount.meta({ description: 'As `waiting=true` lists' }),
  })
  .meta({
    id: 'ConversationCounts',
    examples: [
      { open: 12, pending: 3, unread: 4, mine: 5, unassigned: 2, breached: 0, snoozed: 1, waiting: 3 },
    ],
  });

const conversationFields = {
  id: z.string(),
  leadId: z.string().nullable().meta({
    description:
      'Null until the contact writes or the business sends: events that no person wrote make no lead',
  }),
  contactId: z.string().meta({ description: 'Of a group, the id of no contact' }),
  group: ConversationGroup.nullable().meta({
    description: 'Set for the thread of a WhatsApp group; each of its messages names its author',
  }),
  contact: ContactSummary.nullable().meta({ description: 'Null for a group, or if the contact was deleted' }),
  channelId: z.string(),
  assignedAgentId: z.string().nullable(),
  queuedSince: z.iso.datetime().nullable().meta({
    description: 'Since when it waits for an agent; null if it does not, or without an assignment policy',
  }),
  status: ConversationStatus,
  snoozedUntil: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'When it opens again by itself; null if it does not' }),
  untilReply: z.boolean().meta({ description: 'It is snoozed until the contact writes' }),
  labels: z.array(z.string()).meta({
    description: 'The ids of its labels. A label that was deleted may be here for some seconds',
  }),
  lastMessageAt: z.iso.datetime().meta({
    description:
      'When the latest message arrived, was accepted or sent again, or left if it was scheduled or held',
  }),
  waitingSince: z.iso
    .datetime()
    .nullable()
    .meta({
      description:
        'When the contact wrote the first message to which no answer of a person was sent, by the time of WhatsApp; null if ' +
        'nobody waits, and while it is closed. Reactions and opt-outs await no answer',
    }),
  freeEntryPointExpiresAt: z.iso.datetime().nullable().meta({
    description:
      'Messages are free until then, because the contact came from an advertisement; free-form messages still need an open window',
  }),
  windowExpiresAt: z.iso
    .datetime()
    .nullable()
    .meta({
      description:
        'Free-form messages are allowed until then; null before the first message of the contact. This is 23 hours and 59 ' +
        'minutes after the latest one: WhatsApp’s window of 24 hours less a minute, in which a last message can still arrive.',
    }),
  unreadCount: z
    .int()
    .min(0)
    .max(maxUnreadCount)
    .meta({
      description: `Messages of the contact that nobody has read, counted when you ask. ${maxUnreadCount} means as many or more`,
    }),
  seenByMe: z.string().nullable().meta({
    description: 'The last message that you have seen; null if you never marked the conversation as read',
  }),
  lastMessage: LatestMessageView.nullable().meta({
    description: 'The latest message; null if there is none, such as in the thread of a call that was erased',
  }),
  deadlines: z.array(DeadlineView).meta({
    description: 'The latest deadline of each kind since it began or was reopened, set by the service levels',
  }),
  closedAt: z.iso.datetime().nullable().meta({ description: 'Null while it is open or pending' }),
  survey: ConversationSurveyView.nullable().meta({
    description:
      'The satisfaction survey that followed its closing; null if there is none, or since it was reopened',
  }),
  referral: AdReferralView.nullable().meta({
    description: 'The advertisement that began the conversation, or reopened it',
  }),
  createdAt: z.iso.datetime(),
};

const listItemExample = {
  id: '665f1c2ab7e4d3a9c8b01240',
  leadId: '665f1c2ab7e4d3a9c8b01230',
  contactId: '665f1c2ab7e4d3a9c8b01220',
  group: null,
  contact: { id: '665f1c2ab7e4d3a9c8b01220', name: 'Ana Souza', phoneNumber: '+15550001001' },
  channelId: '665f1c2ab7e4d3a9c8b01210',
  assignedAgentId: '665f1c2ab7e4d3a9c8b01234',
  queuedSince: null,
  status: 'open',
  snoozedUntil: null,
  untilReply: false,
  labels: ['665f1f77bcf86cd799439031'],
  lastMessageAt: '2026-11-23T09:00:00.000Z',
  waitingSince: '2026-11-23T09:00:00.000Z',
  freeEntryPointExpiresAt: null,
  windowExpiresAt: '2026-11-24T08:59:00.000Z',
  unreadCount: 1,
  seenByMe: null,
  lastMessage: {
    id: '665f1c2ab7e4d3a9c8b01250',
    direction: 'inbound',
    senderType: 'contact',
    messageType: 'text',
    status: 'received',
    text: 'Do you have a table for four?',
    timestamp: '2026-11-23T09:00:00.000Z',
  },
  deadlines: [{ kind: 'first-response', dueAt: '2026-11-23T09:15:00.000Z', state: 'running' }],
  closedAt: null,
  survey: null,
  referral: null,
  createdAt: '2026-11-23T08:30:00.000Z',
} as const;

export const ConversationListItemView = z
  .object(conversationFields)
  .meta({ id: 'ConversationListItem', examples: [listItemExample] });
export type ConversationListItemView = z.input<typeof ConversationListItemView>;

const ConversationReason = openEnum(conversationReasons).meta({
  id: 'ConversationReason',
  description:
    'Why the change was made; always given if the product made it. `contact-wrote`: soon after it was closed, or while it ' +
    'was snoozed. `snooze-ended`: its time was over. `contact-silent`: closed by the inbox settings. ' +
    '`round-robin`, `least-loaded`: assigned from the queue. `last-agent`: reopened, and back with its agent. ' +
    '`last-agent-unavailable`, `no-reply`, `agent-offline`, `agent-disabled`: taken from its agent. ' +
    '`taken`, `given-back`: by the user. Later versions may have more',
});

const HistoryEntry = z
  .object({
    at: z.iso.datetime(),
    by: z.string().nullable().meta({ description: 'The user who made the change; null for the product' }),
    reason: ConversationReason.nullable(),
    status: ConversationStatus.optional(),
    snoozedUntil: z.iso.datetime().optional().meta({ description: 'It was snoozed until then' }),
    untilReply: z.literal(true).optional().meta({ description: 'It was snoozed until the contact writes' }),
    assignedAgentId: z.string().nullable().optional(),
  })
  .meta({ id: 'ConversationHistoryEntry' });

export const ConversationView = z
  .object({
    ...conversationFields,
    sharedReadMark: SharedReadMarkView.nullable().meta({
      description: 'What the contact was shown of reading; null if nothing was tried',
    }),
    history: z.array(HistoryEntry).meta({
      description: 'The latest 50 changes, oldest first; each has either `status` or `assignedAgentId`',
    }),
  })
  .meta({
    id: 'Conversation',
    examples: [
      {
        ...listItemExample,
        sharedReadMark: null,
        history: [
          {
            at: '2026-11-23T08:45:00.000Z',
            by: listItemExample.assignedAgentId,
            reason: null,
            assignedAgentId: listItemExample.assignedAgentId,
          },
        ],
      },
    ],
  });
export type ConversationView = z.input<typeof ConversationView>;

export const ConversationPage = pageOf(ConversationListItemView, 'ConversationPage');
