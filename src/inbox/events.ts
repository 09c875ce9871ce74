import { z } from 'zod';
import { defineEvents, definePassingEvents } from '../events/declare.ts';
import { openEnum } from '../platform/fields.ts';
import { Presence } from './assignment/agents/schemas.ts';
import { CannedReplyScope } from './canned-replies/schemas.ts';
import { ConversationStatus } from './conversations/schemas.ts';
import { MacroScope } from './macros/schemas.ts';
import { MediaFacts } from './media/schemas.ts';
import { notificationKinds } from './notifications/model.ts';
import { InboxSettingsView } from './settings/schemas.ts';
import { SavedViewScope } from './views/schemas.ts';

const ConversationFacts = z
  .object({
    contactId: z.string().meta({ description: 'Of a group, the id of no contact' }),
    channelId: z.string(),
    leadId: z.string().nullable(),
    status: ConversationStatus,
    snoozedUntil: z.iso.datetime().nullable(),
    untilReply: z.boolean().meta({ description: 'It is snoozed until the contact writes' }),
    assignedAgentId: z.string().nullable(),
    queuedSince: z.iso.datetime().nullable(),
    unreadCount: z.int(),
    lastMessageAt: z.iso.datetime(),
    waitingSince: z.iso.datetime().nullable(),
    windowExpiresAt: z.iso.datetime().nullable(),
  })
  .meta({
    id: 'ConversationFacts',
    examples: [
      {
        contactId: '665f1c2ab7e4d3a9c8b01220',
        channelId: '665f1c2ab7e4d3a9c8b01210',
        leadId: '665f1c2ab7e4d3a9c8b01230',
        status: 'open',
        snoozedUntil: null,
        untilReply: false,
        assignedAgentId: null,
        queuedSince: '2026-11-29T08:00:00.000Z',
        unreadCount: 1,
        lastMessageAt: '2026-11-29T08:00:00.000Z',
        waitingSince: '2026-11-29T08:00:00.000Z',
        windowExpiresAt: '2026-11-30T07:59:00.000Z',
      },
    ],
  });

const BusinessHoursFacts = z
  .object({ name: z.string(), zone: z.string().meta({ description: 'An IANA time zone' }) })
  .meta({ id: 'BusinessHoursFacts', examples: [{ name: 'Office Berlin', zone: 'Europe/Berlin' }] });

const AgentFacts = z
  .object({ chosen: Presence, effective: Presence })
  .meta({ id: 'AgentFacts', examples: [{ chosen: 'online', effective: 'online' }] });

const NoteFacts = z.object({ conversationId: z.string(), authorId: z.string() }).meta({
  id: 'NoteFacts',
  examples: [{ conversationId: '665f1c2ab7e4d3a9c8b01240', authorId: '665f1c2ab7e4d3a9c8b01234' }],
});

const NotificationFacts = z
  .object({
    kind: openEnum(notificationKinds),
    noteId: z.string(),
    conversationId: z.string(),
  })
  .meta({
    id: 'NotificationFacts',
    examples: [
      {
        kind: 'mention',
        noteId: '665f1c2ab7e4d3a9c8b01260',
        conversationId: '665f1c2ab7e4d3a9c8b01240',
      },
    ],
  });

const LabelFacts = z
  .object({ name: z.string(), colour: z.string() })
  .meta({ id: 'LabelFacts', examples: [{ name: 'Refund', colour: '#dc2626' }] });

const CannedReplyFacts = z
  .object({ shortCode: z.string(), scope: CannedReplyScope })
  .meta({ id: 'CannedReplyFacts', examples: [{ shortCode: 'refund', scope: 'shared' }] });

const TeamFacts = z.object({ name: z.string() }).meta({ id: 'TeamFacts', examples: [{ name: 'Billing' }] });

const SavedViewFacts = z
  .object({ name: z.string(), scope: SavedViewScope })
  .meta({ id: 'SavedViewFacts', examples: [{ name: 'My unread', scope: 'shared' }] });

const MacroFacts = z
  .object({ name: z.string(), scope: MacroScope })
  .meta({ id: 'MacroFacts', examples: [{ name: 'Refunded', scope: 'shared' }] });

const StarvedFacts = z
  .object({ channelId: z.string(), rounds: z.int() })
  .meta({ id: 'StarvedFacts', examples: [{ channelId: '665f1c2ab7e4d3a9c8b01210', rounds: 3 }] });

const SurveyFacts = z
  .object({
    conversationId: z.string(),
    contactId: z.string(),
    agentId: z
      .string()
      .nullable()
      .meta({ description: 'To whom the conversation was assigned at its closing' }),
    closedAt: z.iso.datetime(),
    score: z.int().nullable().meta({ description: 'From 1 to 5; null until the contact answers' }),
    hasComment: z.boolean(),
  })
  .meta({
    id: 'SurveyFacts',
    examples: [
      {
        conversationId: '665f1c2ab7e4d3a9c8b01240',
        contactId: '665f1c2ab7e4d3a9c8b01220',
        agentId: '665f1c2ab7e4d3a9c8b01234',
        closedAt: '2026-11-29T08:00:00.000Z',
        score: 5,
        hasComment: false,
      },
    ],
  });

const ofConversation = { entity: 'conversation', audience: 'everyone', view: ConversationFacts } as const;

const ofHours = { entity: 'business-hours', audience: 'everyone', view: BusinessHoursFacts } as const;

const ofNote = { entity: 'note', audience: 'everyone', view: NoteFacts } as const;

// Each is told to one user; the admins are only what a role can say.
const ofNotification = { entity: 'notification', audience: 'admins', view: NotificationFacts } as const;

const ofLabel = { entity: 'label', audience: 'everyone', view: LabelFacts } as const;

const ofReply = { entity: 'canned-reply', audience: 'everyone', view: CannedReplyFacts } as const;

const ofTeam = { entity: 'team', audience: 'everyone', view: TeamFacts } as const;

const ofView = { entity: 'saved-view', audience: 'everyone', view: SavedViewFacts } as const;

const ofMacro = { entity: 'macro', audience: 'everyone', view: MacroFacts } as const;

const ofSurvey = { entity: 'survey', audience: 'everyone', view: SurveyFacts } as const;

export const inboxEvents = defineEvents({
  'conversation.created': { summary: 'A conversation began', ...ofConversation },
  'conversation.updated': {
    summary: 'A conversation was changed by a user, or moved by a message',
    ...ofConversation,
  },
  'agent.updated': {
    summary: 'The presence of an agent changed; the id is that of the user',
    ...{ entity: 'agent', audience: 'everyone', view: AgentFacts },
  },
  'assignment.starved': {
    summary: 'Several agents got a conversation and nobody replied; the id is that of the conversation',
    ...{ entity: 'assignment', audience: 'everyone', view: StarvedFacts },
  },
  'business-hours.created': { summary: 'Business hours were created', ...ofHours },
  'business-hours.updated': { summary: 'Business hours were changed', ...ofHours },
  'business-hours.deleted': { summary: 'Business hours were deleted', ...ofHours },
  'media.updated': {
    summary: 'The file of a message, or an uploaded one, was stored, given up or erased',
    ...{ entity: 'media', audience: 'everyone', view: MediaFacts },
  },
  'note.created': { summary: 'A note was written', ...ofNote },
  'note.updated': { summary: 'A note was changed', ...ofNote },
  'note.deleted': { summary: 'A note was deleted', ...ofNote },
  'notification.created': { summary: 'The user of the stream was notified', ...ofNotification },
  'notification.read': {
    summary: 'The user of the stream has read this notification and all before it',
    ...ofNotification,
  },
  'notification.deleted': {
    summary: 'A notification of the user of the stream was taken back',
    ...ofNotification,
  },
  'label.created': { summary: 'A label was created', ...ofLabel },
  'label.updated': { summary: 'A label was changed', ...ofLabel },
  'label.deleted': { summary: 'A label was deleted', ...ofLabel },
  'team.created': { summary: 'A team was created', ...ofTeam },
  'team.updated': { summary: 'The name or the members of a team were changed', ...ofTeam },
  'team.deleted': { summary: 'A team was deleted', ...ofTeam },
  'saved-view.created': {
    summary: 'A saved view was created; only its owner is told of an own one',
    ...ofView,
  },
  'saved-view.updated': {
    summary: 'A saved view was changed; only its owner is told of an own one',
    ...ofView,
  },
  'saved-view.deleted': {
    summary: 'A saved view was deleted; only its owner is told of an own one',
    ...ofView,
  },
  'macro.created': { summary: 'A macro was created; only its owner is told of an own one', ...ofMacro },
  'macro.updated': { summary: 'A macro was changed; only its owner is told of an own one', ...ofMacro },
  'macro.deleted': { summary: 'A macro was deleted; only its owner is told of an own one', ...ofMacro },
  'canned-reply.created': {
    summary: 'A canned reply was created; only its owner is told of an own one',
    ...ofReply,
  },
  'canned-reply.updated': {
    summary: 'A canned reply was changed; only its owner is told of an own one',
    ...ofReply,
  },
  'canned-reply.deleted': {
    summary: 'A canned reply was deleted; only its owner is told of an own one',
    ...ofReply,
  },
  'survey.sent': {
    summary: 'A contact was asked for a score after the conversation was closed',
    ...ofSurvey,
  },
  'survey.answered': { summary: 'A contact chose a score, or another one', ...ofSurvey },
  'survey.commented': { summary: 'A contact commented on a score', ...ofSurvey },
  'inbox-settings.updated': {
    summary: 'The settings of the inbox were changed; the id is that of the business',
    ...{ entity: 'inbox-settings', audience: 'everyone', view: InboxSettingsView },
  },
});

const TypingFacts = z
  .object({
    userId: z.string().meta({ description: 'Who types' }),
    until: z.iso.datetime().meta({ description: 'It is over then, unless another event comes before' }),
  })
  .meta({
    id: 'TypingFacts',
    examples: [{ userId: '665f1c2ab7e4d3a9c8b01234', until: '2026-11-29T08:00:06.000Z' }],
  });

export const inboxPassingEvents = definePassingEvents({
  'conversation.typing': {
    summary: 'A colleague types in a conversation',
    ...{ entity: 'conversation', view: TypingFacts },
  },
});

type InboxEvents = typeof inboxEvents;
type InboxPassingEvents = typeof inboxPassingEvents;

declare module '../events/declare.ts' {
  interface EventTypes extends InboxEvents {}

  interface PassingEventTypes extends InboxPassingEvents {}
}
