import { z } from 'zod';
import { isoTime, objectIdText } from '../platform/fields.ts';
import { pageOf, pageQuery } from '../platform/pagination.ts';
import { messageStatuses } from './lifecycle.ts';
import { senderTypes } from './model.ts';

const variableText = z.string().max(1_024);
const variableName = z.string().regex(/^[A-Za-z0-9_]{1,64}$/, { error: 'Must be a position or a name.' });
const variableValues = z.union([z.array(variableText).max(100), z.record(variableName, variableText)], {
  error: 'Must be a list of texts, or an object of texts by position or name.',
});

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
    templateName: z
      .string()
      .regex(/^[a-z0-9_]{1,512}$/, { error: 'Must be lower-case letters, digits and underscores.' })
      .meta({ examples: ['order_update'] }),
    language: z
      .string()
      .regex(/^[a-z]{2,3}(_[A-Z]{2})?$/, { error: 'Must be a language as en or en_US.' })
      .optional()
      .meta({ examples: ['en_US'] }),
    variables: z
      .strictObject({
        header: variableValues.optional(),
        body: variableValues.optional(),
        buttons: z.record(z.string().regex(/^\d{1,2}$/), z.string().max(2_000)).optional(),
      })
      .optional()
      .meta({
        description: 'Header and body by position or name; buttons by their place from 0',
        examples: [{ body: ['Ana', '1042'] }],
      }),
    channelId: objectIdText.optional(),
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
