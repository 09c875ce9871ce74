import { z } from 'zod';

/** How each kind of content is declared: its own fields, under the names of `content` in a send, and what all have. */

export const text = z.string().nullable();
export const time = z.iso.datetime().nullable();

const Product = z
  .object({ catalogId: text, productId: text.meta({ description: 'Your id of the product in the catalog' }) })
  .meta({ id: 'MessageProduct', examples: [{ catalogId: '300400500', productId: 'mug-blue' }] });

const Referral = z
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

const InboundErrorView = z.object({ code: text, title: text, message: text, detail: text, link: text }).meta({
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

const Identity = z
  .object({ hash: text, isAcknowledged: z.boolean().nullable(), createdAt: time })
  .meta({ id: 'SenderIdentity' });

const facts = {
  text: text.meta({
    description: 'The text that the contact reads, or that stands for the content in lists',
  }),
  referredProduct: Product.nullable().meta({ description: 'The product that the contact asks about' }),
  referral: Referral.nullable().meta({
    description: 'The advertisement or post that the contact came from',
  }),
  errors: z.array(InboundErrorView).nullable().meta({ description: 'Why WhatsApp cannot show the message' }),
  senderIdentity: Identity.nullable().meta({
    description: 'The state of the device key of the contact, if the business checks it',
  }),
  origin: text.meta({ description: 'Where a shared contact card comes from' }),
  isForwarded: z.boolean(),
  isFrequentlyForwarded: z.boolean(),
  isCut: z.boolean().meta({
    description: 'A text or list was too long and is cut; `source` of the single message holds more',
  }),
};

const Facts = z.object(facts);
/** The fields of every kind. */
export type Facts = z.input<typeof Facts>;

/** The fields of every kind when there is nothing to say. */
export const noFacts = {
  text: null,
  referredProduct: null,
  referral: null,
  errors: null,
  senderIdentity: null,
  origin: null,
  isForwarded: false,
  isFrequentlyForwarded: false,
  isCut: false,
} as const satisfies Facts;

interface Kind<Type extends string, Fields extends z.ZodRawShape> {
  readonly type: Type;
  readonly fields: Fields;
  readonly example: z.input<z.ZodObject<Fields>>;
  /** The text of the example. */
  readonly text?: string;
  readonly description?: string;
}

/** One kind of content, whose component is called `id`. */
export const kind = <Type extends string, Fields extends z.ZodRawShape>(
  id: string,
  { type, fields, example, text: said, description }: Kind<Type, Fields>,
) =>
  z.object({ type: z.literal(type), ...fields, ...facts }).meta({
    id,
    ...(description === undefined ? {} : { description }),
    examples: [{ type, ...example, ...noFacts, text: said ?? null }],
  });
