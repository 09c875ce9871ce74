import { z } from 'zod';
import { systemKinds } from '../../../../whatsapp/inbound-content.ts';

/** Parts of the content that only inbound messages have. */

const text = z.string().nullable();
const time = z.iso.datetime().nullable();

export const Reply = z
  .object({
    kind: z.enum(['quick-reply', 'button', 'list-row', 'flow']),
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
  })
  .meta({
    id: 'MessageReply',
    examples: [
      {
        kind: 'list-row',
        id: 'slot-9',
        title: '9:00',
        description: 'With Ana',
        name: null,
        response: null,
        responseText: null,
      },
    ],
  });

export const Reaction = z
  .object({ emoji: text.meta({ description: 'Null: the reaction was removed' }) })
  .meta({ id: 'MessageReaction', examples: [{ emoji: '👍' }] });

export const Order = z
  .object({
    catalogId: text,
    note: text.meta({ description: 'What the contact wrote with the order' }),
    items: z.array(
      z
        .object({
          productId: text.meta({ description: 'Your id of the product in the catalog' }),
          quantity: z.number().nullable(),
          price: z.number().nullable().meta({ description: 'Of one piece' }),
          currency: text,
        })
        .meta({ id: 'MessageOrderItem' }),
    ),
  })
  .meta({
    id: 'MessageOrder',
    examples: [
      {
        catalogId: '300400500',
        note: 'Please gift-wrap',
        items: [{ productId: 'mug-blue', quantity: 2, price: 9.5, currency: 'EUR' }],
      },
    ],
  });

export const Product = z
  .object({ catalogId: text, productId: text.meta({ description: 'Your id of the product in the catalog' }) })
  .meta({ id: 'MessageProduct', examples: [{ catalogId: '300400500', productId: 'mug-blue' }] });

export const Referral = z
  .object({
    sourceType: text.meta({ description: '`ad` or `post`' }),
    sourceId: text,
    sourceUrl: text,
    headline: text,
    body: text,
    mediaType: text,
    imageUrl: text,
    videoUrl: text,
    thumbnailUrl: text,
    clickId: text.meta({ description: 'The id of the click, for conversion reports (`ctwa_clid`)' }),
    welcomeText: text,
  })
  .meta({
    id: 'MessageReferral',
    examples: [
      {
        sourceType: 'ad',
        sourceId: '120001',
        sourceUrl: 'https://fb.me/example',
        headline: 'Blue mugs',
        body: 'Two for one',
        mediaType: 'image',
        imageUrl: 'https://example.com/mug.jpg',
        videoUrl: null,
        thumbnailUrl: null,
        clickId: 'click-1',
        welcomeText: 'Hi! How can we help?',
      },
    ],
  });

export const System = z
  .object({
    kind: z.enum(systemKinds).meta({ id: 'SystemNoticeKind' }),
    type: text.meta({ description: 'The name of the event at WhatsApp' }),
    whatsappId: text.meta({ description: 'The new number, digits only' }),
    formerWhatsappId: text.meta({ description: 'The number before' }),
    userId: text.meta({ description: 'The new business-scoped user id' }),
    identityHash: text,
  })
  .meta({
    id: 'SystemNotice',
    examples: [
      {
        kind: 'number-changed',
        type: 'user_changed_number',
        whatsappId: '15550001002',
        formerWhatsappId: '15550001001',
        userId: null,
        identityHash: null,
      },
    ],
  });

export const InboundErrorView = z
  .object({ code: text, title: text, message: text, detail: text, link: text })
  .meta({
    id: 'InboundMessageError',
    examples: [
      {
        code: '131051',
        title: 'Message type unknown',
        message: 'Message type unknown',
        detail: 'Message type is currently not supported.',
        link: null,
      },
    ],
  });

export const Permission = z
  .object({
    isGranted: z.boolean(),
    response: text.meta({ description: 'As WhatsApp names it: `accept` or `reject`' }),
    isPermanent: z.boolean().nullable(),
    expiresAt: time,
    source: text.meta({ description: '`user_action` or `automatic`' }),
  })
  .meta({
    id: 'CallPermission',
    examples: [
      {
        isGranted: true,
        response: 'accept',
        isPermanent: false,
        expiresAt: '2026-11-30T09:00:00.000Z',
        source: 'user_action',
      },
    ],
  });

export const Identity = z
  .object({ hash: text, isAcknowledged: z.boolean().nullable(), createdAt: time })
  .meta({ id: 'SenderIdentity' });
