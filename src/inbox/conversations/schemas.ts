import { z } from 'zod';
import { objectIdText } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { conversationStatuses } from './model.ts';

const exampleId = '665f1c2ab7e4d3a9c8b01234';

export const ListConversationsQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(conversationStatuses).optional(),
  assignedAgentId: z
    .union([z.literal('none'), objectIdText], { error: 'Must be the id of a user, or none.' })
    .optional()
    .meta({ description: 'The id of a user, or `none` for what nobody has taken', examples: ['none'] }),
  leadId: objectIdText.optional(),
  contactId: objectIdText.optional(),
  unread: z
    .literal('true', { error: 'Only true can be asked for.' })
    .optional()
    .meta({ description: '`true`: only conversations with unread messages' }),
});
export type ListConversationsQuery = z.output<typeof ListConversationsQuery>;

export const PatchConversationBody = z.strictObject({
  status: z.enum(conversationStatuses).meta({
    description: '`pending` sets it aside; the contact’s next message after `closed` opens a new one',
  }),
});

export const AssignConversationBody = z.strictObject({
  agentId: objectIdText
    .nullable()
    .meta({ description: 'An active user of the business; null takes it away', examples: [exampleId] }),
});

const ContactSummary = z.object({
  id: z.string(),
  name: z
    .string()
    .nullable()
    .meta({ examples: ['Ana Souza'] }),
  phoneNumber: z
    .string()
    .nullable()
    .meta({ examples: ['+15550001001'] }),
});

const conversationFields = {
  id: z.string().meta({ examples: [exampleId] }),
  leadId: z.string(),
  contactId: z.string(),
  contact: ContactSummary.nullable().meta({ description: 'Null when the contact was deleted' }),
  channelId: z.string(),
  assignedAgentId: z.string().nullable(),
  status: z.enum(conversationStatuses),
  lastMessageAt: z.iso.datetime(),
  freeEntryPointExpiresAt: z.iso.datetime().nullable().meta({
    description:
      'Until when everything is free, for a person who came by an advertisement; free form needs the window all the same',
  }),
  windowExpiresAt: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'Until then free-form messages are allowed; null before the contact has written' }),
  unreadCount: z.int(),
  createdAt: z.iso.datetime(),
};

export const ConversationListItemView = z.object(conversationFields).meta({ id: 'ConversationListItem' });
export type ConversationListItemView = z.input<typeof ConversationListItemView>;

const HistoryEntry = z.object({
  at: z.iso.datetime(),
  by: z.string().meta({ description: 'The user who decided it' }),
  status: z.enum(conversationStatuses).optional(),
  assignedAgentId: z.string().nullable().optional(),
});

export const ConversationView = z
  .object({
    ...conversationFields,
    history: z.array(HistoryEntry).meta({
      description: 'The latest 50 decisions, oldest first; each has either `status` or `assignedAgentId`',
    }),
  })
  .meta({ id: 'Conversation' });
export type ConversationView = z.input<typeof ConversationView>;

export const ConversationPage = pageOf(ConversationListItemView);
