import { z } from 'zod';
import { isoTime, objectIdText } from '../platform/fields.ts';
import { pageOf, pageQuery } from '../platform/pagination.ts';
import { templateLanguage, templateName, templateVariables } from '../templates/schemas.ts';
import { messageStatuses } from './lifecycle.ts';
import { senderTypes } from './model.ts';

export const SendTemplateBody = z
  .strictObject({
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
    templateName,
    language: templateLanguage
      .optional()
      .meta({ description: 'May be left out while the template exists in one language only' }),
    variables: templateVariables.optional(),
    channelId: objectIdText
      .optional()
      .meta({ description: 'Needed when the business has several channels and no conversation is named' }),
    sendAt: isoTime.optional().meta({ description: 'Not before this time' }),
    expiresAt: isoTime.optional().meta({ description: 'Not after this time; the message expires instead' }),
  })
  .superRefine((body, context) => {
    const named = [body.to, body.contactId, body.leadId, body.conversationId].filter(
      (recipient) => recipient !== undefined,
    );
    if (named.length === 1) return;
    context.addIssue({
      code: 'custom',
      path: ['to'],
      message: 'Name the recipient by exactly one of to, contactId, leadId and conversationId.',
    });
  });
export type SendTemplateBody = z.output<typeof SendTemplateBody>;

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
  content: z.object({ text: z.string().nullable() }),
  templateName: z.string().nullable(),
  status: z.enum(messageStatuses),
  timestamp: z.iso.datetime(),
  sendAt: z.iso.datetime().nullable(),
  expiresAt: z.iso.datetime().nullable(),
  attempts: z.int().meta({ description: 'Calls to the provider that were begun' }),
  providerMessageId: z.string().nullable(),
  failure: Failure.nullable(),
  workflowId: z.string().nullable().meta({ description: 'The workflow to open in the Temporal UI' }),
};

export const MessageListItemView = z.object(messageFields);
export type MessageListItemView = z.input<typeof MessageListItemView>;

export const MessageView = z.object({
  ...messageFields,
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
