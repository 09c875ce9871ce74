import { z } from 'zod';
import { defineEvents } from '../events/declare.ts';
import { Presence } from './assignment/agents/schemas.ts';
import { ConversationStatus } from './conversations/schemas.ts';
import { MediaFacts } from './media/schemas.ts';
import { InboxSettingsView } from './settings/schemas.ts';

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

const StarvedFacts = z
  .object({ channelId: z.string(), rounds: z.int() })
  .meta({ id: 'StarvedFacts', examples: [{ channelId: '665f1c2ab7e4d3a9c8b01210', rounds: 3 }] });

const ofConversation = { entity: 'conversation', audience: 'everyone', view: ConversationFacts } as const;

const ofHours = { entity: 'business-hours', audience: 'everyone', view: BusinessHoursFacts } as const;

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
  'inbox-settings.updated': {
    summary: 'The settings of the inbox were changed; the id is that of the business',
    ...{ entity: 'inbox-settings', audience: 'everyone', view: InboxSettingsView },
  },
});

type InboxEvents = typeof inboxEvents;

declare module '../events/declare.ts' {
  interface EventTypes extends InboxEvents {}
}
