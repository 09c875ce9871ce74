import { z } from 'zod';
import { Content } from './content/schemas.ts';
import { ShownContent, templateContentExample } from './content/shown/schemas.ts';
import { AnyObject, isoTime, objectIdText } from '../../platform/fields.ts';
import {
  TemplateCategory,
  templateLanguage,
  templateName,
  templateVariables,
} from '../../templates/schemas.ts';
import { MessageStatus, WaitingForView } from './actions/schemas.ts';
import { FailureClass, FailureCode, MessageType } from './names.ts';
import { numberBesideOthers, oneRecipient, recipientFields } from './recipient-fields.ts';
import { senderTypes } from './store/model.ts';
import { maxDaysAhead } from './rules.ts';

export const MessageDirection = z.enum(['inbound', 'outbound']).meta({ id: 'MessageDirection' });

export const SenderType = z.enum(senderTypes).meta({ id: 'SenderType' });

const timeFields = {
  sendAt: isoTime.optional().meta({
    description:
      `Not before this time, at most ${maxDaysAhead} days from now. A time that has passed means now: the message is \`queued\`, ` +
      'with `sendAt` null',
  }),
  expiresAt: isoTime.optional().meta({ description: 'Not after this time; the message expires instead' }),
};

export const SendTemplateBody = z
  .strictObject({
    ...recipientFields,
    templateName,
    language: templateLanguage
      .optional()
      .meta({ description: 'Optional while the template exists in one language only' }),
    variables: templateVariables.optional(),
    replyTo: objectIdText.optional().meta({
      description: 'A message of the same conversation. WhatsApp stores the reference and shows no quote',
    }),
    ...timeFields,
  })
  .refine(...oneRecipient)
  .refine(...numberBesideOthers)
  .meta({
    id: 'SendTemplateMessageBody',
    examples: [
      {
        to: '+12025550101',
        templateName: 'order_update',
        language: 'en_US',
        variables: { body: ['Ana', '1042'] },
      },
    ],
  });
export type SendTemplateBody = z.output<typeof SendTemplateBody>;

export const SendMessageBody = z
  .strictObject({
    ...recipientFields,
    content: Content,
    replyTo: objectIdText.optional().meta({ description: 'A message of the same conversation to quote' }),
    lastSeenMessageId: objectIdText.optional().meta({
      description:
        'The last message that you have seen. If the contact wrote, or anything was sent, after it, the answer is ' +
        '`newer-message` and nothing is sent. Left out, the message is sent whatever came.',
    }),
    ...timeFields,
  })
  .refine(...oneRecipient)
  .refine(...numberBesideOthers)
  .refine(({ content, replyTo }) => content.type !== 'reaction' || replyTo === undefined, {
    error: 'A reaction names its message in content.messageId.',
    path: ['replyTo'],
  })
  .meta({
    id: 'SendMessageBody',
    examples: [
      {
        conversationId: '665f1c2ab7e4d3a9c8b01240',
        content: { type: 'text', body: 'Your table is reserved for 19:00.' },
      },
    ],
  });
export type SendMessageBody = z.output<typeof SendMessageBody>;

const Failure = z
  .object({
    code: FailureCode,
    class: FailureClass,
    title: z.string(),
    detail: z.string(),
    advice: z.string(),
  })
  .meta({ id: 'MessageFailure' });

const StatusEntry = z
  .object({
    status: z.union([MessageStatus, z.string()]).meta({ id: 'MessageHistoryStatus' }),
    timestamp: z.iso.datetime(),
    raw: z.record(z.string(), z.unknown()).nullable().meta({ description: 'What the provider reported' }),
  })
  .meta({ id: 'MessageStatusEntry' });

const SenderProfile = z
  .object({ name: z.string().nullable(), username: z.string().nullable() })
  .meta({ id: 'SenderProfile', examples: [{ name: 'Ana Souza', username: 'ana.souza' }] });

const Source = z
  .object({
    object: AnyObject,
    isCut: z.boolean().meta({ description: 'The object was too large, and is cut' }),
  })
  .meta({
    id: 'MessageSource',
    examples: [{ object: { type: 'poll', poll: { question: 'Which colour?' } }, isCut: false }],
  });

const aboutSource =
  'The object of WhatsApp, if it holds more than the other fields; kept for 180 days, up to 128 Ki characters';

const Version = z
  .object({
    kind: z.enum(['original', 'edit', 'revoke']).meta({ id: 'MessageVersionKind' }),
    at: z.iso.datetime(),
    eventId: z
      .string()
      .nullable()
      .meta({ description: 'The id of the message or of the change at WhatsApp' }),
    content: ShownContent,
    source: Source.nullable().meta({ description: aboutSource }),
  })
  .meta({ id: 'MessageVersion' });

export const messageFields = {
  id: z.string(),
  conversationId: z.string(),
  channelId: z.string(),
  contactId: z.string().meta({
    description: 'In a group, the author; for an entry that no participant wrote, the id of no contact',
  }),
  direction: MessageDirection,
  senderType: SenderType,
  messageType: MessageType,
  to: z
    .string()
    .nullable()
    .meta({
      description:
        'The number of the recipient: the one that was called, or before a call the one at acceptance. A message goes to ' +
        'the number that its contact has at the moment of the call.',
    }),
  recipientUserId: z
    .string()
    .nullable()
    .meta({ description: 'The business-scoped user id of the recipient, if the message has no number' }),
  createdBy: z.string().nullable().meta({ description: 'The user who sent it' }),
  repliesTo: z.string().nullable().meta({ description: 'The message that it answers or reacts to' }),
  contextMessageId: z.string().nullable().meta({
    description: 'The id of that message at WhatsApp, which is known even if the message is not stored',
  }),
  contextFrom: z.string().nullable().meta({
    description: 'Who wrote that message: a number (digits) or a user id; inbound only',
  }),
  senderProfile: SenderProfile.nullable().meta({
    description: 'What the contact showed of themselves when they wrote',
  }),
  content: ShownContent.meta({
    description: 'What the message says now: as last edited, and empty if it was revoked',
  }),
  editedAt: z.iso.datetime().nullable().meta({ description: 'When its author last edited it' }),
  revokedAt: z.iso.datetime().nullable().meta({ description: 'When its author deleted it for everyone' }),
  templateName: z.string().nullable(),
  category: TemplateCategory.nullable().meta({ description: 'Null if it is not a template message' }),
  priority: z.int().nullable().meta({
    description:
      'Order in the queue to the provider, 1 first and 5 last; null if the product did not send it',
  }),
  status: MessageStatus,
  timestamp: z.iso.datetime().meta({
    description:
      'When it was written or accepted. WhatsApp dates messages by whole seconds; within a second, lists have them in ' +
      'the order of arrival.',
  }),
  sendAt: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'The time before which it does not leave; null if it leaves at once' }),
  expiresAt: z.iso.datetime().nullable(),
  waitingFor: WaitingForView.nullable().meta({
    description: 'Why it waits; null if it does not, or never leaves',
  }),
  sentAt: z.iso.datetime().nullable().meta({ description: 'When WhatsApp took the message' }),
  deliveredAt: z.iso.datetime().nullable().meta({
    description: 'When it reached a device of the recipient; a message that was read has reached one',
  }),
  readAt: z.iso.datetime().nullable().meta({ description: 'When the recipient read it' }),
  attempts: z.int().meta({ description: 'Calls to the provider that were started' }),
  providerMessageId: z.string().nullable(),
  failure: Failure.nullable(),
  retryOf: z.string().nullable().meta({ description: 'The message that it retries' }),
  retriedBy: z.string().nullable().meta({ description: 'The message that retries it' }),
  workflowId: z.string().nullable().meta({ description: 'The workflow to open in the Temporal UI' }),
  createdAt: z.iso.datetime().meta({ description: 'When the message was stored' }),
  order: z.int().nullable().meta({
    description: 'Its place in the order of arrival: the highest came last. Null for what nobody wrote',
  }),
};

export const messageExample = {
  id: '665f1c2ab7e4d3a9c8b01250',
  conversationId: '665f1c2ab7e4d3a9c8b01240',
  channelId: '665f1c2ab7e4d3a9c8b01210',
  contactId: '665f1c2ab7e4d3a9c8b01220',
  direction: 'outbound',
  senderType: 'agent',
  messageType: 'template',
  to: '+15550001001',
  recipientUserId: null,
  createdBy: '665f1c2ab7e4d3a9c8b01234',
  repliesTo: null,
  contextMessageId: null,
  contextFrom: null,
  senderProfile: null,
  content: templateContentExample,
  editedAt: null,
  revokedAt: null,
  templateName: 'order_update',
  category: 'utility',
  priority: 3,
  status: 'queued',
  timestamp: '2026-11-23T09:00:00.000Z',
  sendAt: null,
  expiresAt: null,
  waitingFor: null,
  sentAt: null,
  deliveredAt: null,
  readAt: null,
  attempts: 0,
  providerMessageId: null,
  failure: null,
  retryOf: null,
  retriedBy: null,
  workflowId: 'message:665f1c2ab7e4d3a9c8b01250',
  createdAt: '2026-11-23T09:00:00.000Z',
  order: 12,
} as const;

const Pricing = z
  .object({
    category: z.string().nullable().meta({ description: '`marketing`, `utility`, `service` …' }),
    type: z.string().nullable().meta({ description: '`regular`, or why it is free' }),
    model: z.string().nullable(),
  })
  .meta({ id: 'MessagePricing' });

const Participant = z
  .object({
    id: z.string().meta({ description: 'The id of the participant at WhatsApp' }),
    word: z.string(),
    at: z.iso.datetime(),
  })
  .meta({ id: 'MessageParticipant' });

export const MessageView = z
  .object({
    ...messageFields,
    statusHistory: z.array(StatusEntry).meta({
      description:
        'In the order of events; receipts, which may arrive in any order, by the time that WhatsApp gives',
    }),
    playedAt: z.iso.datetime().nullable().meta({ description: 'When the recipient played the voice note' }),
    pricing: Pricing.nullable().meta({
      description: 'The price class that WhatsApp reported; each report is in `statusHistory`',
    }),
    participants: z.array(Participant).meta({
      description: 'Of a message to a group: what each participant’s device reported',
    }),
    versions: z.array(Version).meta({
      description:
        'Of a message that was edited or revoked: all versions, oldest first, the latest 20 changes',
    }),
    source: Source.nullable().meta({ description: aboutSource }),
  })
  .meta({
    id: 'Message',
    examples: [
      {
        ...messageExample,
        statusHistory: [{ status: 'queued', timestamp: messageExample.timestamp, raw: null }],
        playedAt: null,
        pricing: null,
        participants: [],
        versions: [],
        source: null,
      },
    ],
  });
export type MessageView = z.input<typeof MessageView>;
