import { z } from 'zod';
import { Content } from './content/schemas.ts';
import { ShownContent } from './content/shown/schemas.ts';
import { isoTime, objectIdText } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { templateLanguage, templateName, templateVariables } from '../../templates/schemas.ts';
import { WaitingForView } from './actions/schemas.ts';
import { messageStatuses } from './lifecycle.ts';
import { messageCategories, senderTypes } from './store/model.ts';

/** Whom a message is for, and by which channel. */
const recipientFields = {
  to: z
    .string()
    .min(1)
    .max(32)
    .optional()
    .meta({
      description: 'The recipient as E.164 with `+`',
      examples: ['+15550001001'],
    }),
  contactId: objectIdText.optional(),
  leadId: objectIdText.optional(),
  conversationId: objectIdText.optional(),
  channelId: objectIdText
    .optional()
    .meta({ description: 'Needed when the business has several channels and no conversation is named' }),
};

const timeFields = {
  sendAt: isoTime.optional().meta({ description: 'Not before this time' }),
  expiresAt: isoTime.optional().meta({ description: 'Not after this time; the message expires instead' }),
};

type RecipientFields = {
  readonly [Field in 'to' | 'contactId' | 'leadId' | 'conversationId']?: unknown;
};

/** For `refine` of what has `recipientFields`. */
const oneRecipient = [
  (body: RecipientFields): boolean =>
    [body.to, body.contactId, body.leadId, body.conversationId].filter((named) => named !== undefined)
      .length === 1,
  {
    error: 'Name the recipient by exactly one of to, contactId, leadId and conversationId.',
    path: ['to'] as PropertyKey[],
  },
] as const;

export const SendTemplateBody = z
  .strictObject({
    ...recipientFields,
    templateName,
    language: templateLanguage
      .optional()
      .meta({ description: 'May be left out while the template exists in one language only' }),
    variables: templateVariables.optional(),
    ...timeFields,
  })
  .refine(...oneRecipient);
export type SendTemplateBody = z.output<typeof SendTemplateBody>;

export const SendMessageBody = z
  .strictObject({
    ...recipientFields,
    content: Content,
    replyTo: objectIdText
      .optional()
      .meta({ description: 'A message of the same conversation, which is shown quoted' }),
    ...timeFields,
  })
  .refine(...oneRecipient)
  .refine(({ content, replyTo }) => content.type !== 'reaction' || replyTo === undefined, {
    error: 'A reaction names its message in content.messageId.',
    path: ['replyTo'],
  });
export type SendMessageBody = z.output<typeof SendMessageBody>;

export const ListMessagesQuery = z.strictObject({
  ...pageQuery,
  conversationId: objectIdText.optional(),
  status: z.enum(messageStatuses).optional().meta({ description: '`unknown` lists what needs a person' }),
});

const Failure = z.object({
  code: z.string().meta({ examples: ['131026'] }),
  class: z.string(),
  title: z.string(),
  detail: z.string(),
  advice: z.string(),
});

const messageFields = {
  id: z.string(),
  conversationId: z.string(),
  channelId: z.string(),
  contactId: z.string(),
  direction: z.enum(['inbound', 'outbound']),
  senderType: z.enum(senderTypes),
  messageType: z.string(),
  to: z.string().nullable(),
  createdBy: z.string().nullable().meta({ description: 'The user who sent it' }),
  repliesTo: z.string().nullable().meta({ description: 'The message that this one answers or reacts to' }),
  content: ShownContent,
  templateName: z.string().nullable(),
  category: z.enum(messageCategories).nullable().meta({ description: 'Null for what is not a template' }),
  priority: z.int().nullable().meta({
    description: 'Where messages wait for the provider, 1 goes first and 5 last; null for inbound ones',
  }),
  status: z.enum(messageStatuses),
  timestamp: z.iso.datetime(),
  sendAt: z.iso.datetime().nullable(),
  expiresAt: z.iso.datetime().nullable(),
  attempts: z.int().meta({ description: 'Calls to the provider that were begun' }),
  providerMessageId: z.string().nullable(),
  failure: Failure.nullable(),
  retryOf: z.string().nullable().meta({ description: 'The message in whose place it was made' }),
  retriedBy: z.string().nullable().meta({ description: 'The message that was made in its place' }),
  workflowId: z.string().nullable().meta({ description: 'The workflow to open in the Temporal UI' }),
};

export const MessageListItemView = z.object(messageFields);
export type MessageListItemView = z.input<typeof MessageListItemView>;

export const MessageView = z.object({
  ...messageFields,
  waitingFor: WaitingForView.nullable().meta({
    description: 'Why it has not left yet; null once it has, or never will',
  }),
  statusHistory: z.array(
    z.object({
      status: z.string(),
      timestamp: z.iso.datetime(),
      raw: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
});
export type MessageView = z.input<typeof MessageView>;

export const MessagePage = pageOf(MessageListItemView);
