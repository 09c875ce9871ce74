import { z } from 'zod';
import { EventDetail } from '../../../../channels/events/schemas.ts';
import { systemKinds } from '../../../../whatsapp/inbound-content.ts';
import { kind, text, time } from './kind.ts';

/** Kinds of content that nobody sends by `POST /api/messages`: what contacts write and what WhatsApp tells. */

export const ReplyContent = kind('ReplyContent', {
  type: 'reply',
  description: 'The choice of the contact in a message that we sent',
  fields: {
    kind: z.enum(['quick-reply', 'button', 'list-row', 'flow']).meta({ id: 'MessageReplyKind' }),
    id: text.meta({
      description: 'From our message: the payload, the id of the button or row, or the token of the flow',
    }),
    title: z.string(),
    description: text,
    name: text.meta({ description: 'The name of the flow' }),
    response: z.record(z.string(), z.unknown()).nullable().meta({ description: 'The answers in a flow' }),
    responseText: text.meta({
      description:
        'The answers in a flow as text, if they are not a JSON object, or one with keys such as `$ref`, `_bsontype` or `__proto__`',
    }),
  },
  example: {
    ...{ kind: 'list-row', id: 'slot-9', title: '9:00', description: 'With Ana' },
    ...{ name: null, response: null, responseText: null },
  },
  text: '9:00',
});

const OrderItem = z
  .object({
    productId: text.meta({ description: 'Your id of the product in the catalog' }),
    quantity: z.number().nullable(),
    price: z.number().nullable().meta({ description: 'Of one piece' }),
    currency: text,
  })
  .meta({ id: 'MessageOrderItem' });

export const OrderContent = kind('OrderContent', {
  type: 'order',
  description: 'What the contact orders from the catalog',
  fields: {
    catalogId: text,
    note: text.meta({ description: 'What the contact wrote with the order' }),
    items: z.array(OrderItem),
  },
  example: {
    catalogId: '300400500',
    note: 'Please gift-wrap',
    items: [{ productId: 'mug-blue', quantity: 2, price: 9.5, currency: 'EUR' }],
  },
  text: '2 items, 19 EUR: Please gift-wrap',
});

export const CallContent = kind('CallContent', {
  type: 'call',
  description: 'A voice call',
  fields: {
    direction: z.enum(['inbound', 'outbound']),
    outcome: z.enum(['completed', 'missed', 'unanswered']).nullable().meta({
      description: 'Null until WhatsApp reports the end',
    }),
    startedAt: time,
    endedAt: time,
    durationSeconds: z.number().nullable(),
  },
  example: {
    direction: 'inbound',
    outcome: 'completed',
    startedAt: '2026-11-23T09:00:00.000Z',
    endedAt: '2026-11-23T09:00:45.000Z',
    durationSeconds: 45,
  },
});

export const CallPermissionContent = kind('CallPermissionContent', {
  type: 'callPermission',
  description: 'Whether the contact may be called',
  fields: {
    isGranted: z.boolean(),
    response: text.meta({ description: 'As WhatsApp names it: `accept` or `reject`' }),
    isPermanent: z.boolean().nullable(),
    expiresAt: time,
    source: text.meta({ description: '`user_action` or `automatic`' }),
  },
  example: {
    ...{ isGranted: true, response: 'accept', isPermanent: false },
    ...{ expiresAt: '2026-11-30T09:00:00.000Z', source: 'user_action' },
  },
  text: 'Calls allowed',
});

export const EventContent = kind('EventContent', {
  type: 'event',
  description: 'What WhatsApp tells about a group',
  fields: {
    word: z.string().meta({ description: 'The word of WhatsApp: `group_participants_add`' }),
    details: z.array(EventDetail),
  },
  example: { word: 'group_participants_add', details: [] },
});

export const SystemContent = kind('SystemContent', {
  type: 'system',
  description: 'What WhatsApp tells about the contact',
  fields: {
    kind: z.enum(systemKinds).meta({ id: 'SystemNoticeKind' }),
    word: text.meta({ description: 'The word of WhatsApp: `user_changed_number`' }),
    whatsappId: text.meta({ description: 'The new number, digits only' }),
    formerWhatsappId: text.meta({ description: 'The number before' }),
    userId: text.meta({ description: 'The new business-scoped user id' }),
    identityHash: text,
  },
  example: {
    ...{ kind: 'number-changed', word: 'user_changed_number', whatsappId: '15550001002' },
    ...{ formerWhatsappId: '15550001001', userId: null, identityHash: null },
  },
  text: 'Ana changed from +15550001001 to +15550001002',
});

export const UnsupportedContent = kind('UnsupportedContent', {
  type: 'unsupported',
  description:
    'A message that WhatsApp does not pass on, or of a kind that the product does not know: `text` says what is known of it, ' +
    '`errors` why, and `source` of the single message what WhatsApp sent',
  fields: {
    unsupportedType: text.meta({
      description: 'What the contact sent that the Cloud API does not support, such as `poll`',
    }),
  },
  example: { unsupportedType: 'poll' },
  text: 'Unsupported message: poll',
});

export const EmptyContent = kind('EmptyContent', {
  type: 'empty',
  description: 'Nothing to show: the message was revoked, or its words have not arrived',
  fields: {},
  example: {},
});
