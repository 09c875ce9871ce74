import { z } from 'zod';

/** What a message holds, as a frontend draws it. The same for both directions, by names of ours. */

const text = z.string().nullable();

const file = {
  id: text.meta({ description: 'The provider’s id of the file' }),
  link: text.meta({ description: 'The address from which WhatsApp has fetched it' }),
  filename: text,
};

const Media = z.object({
  ...file,
  mimeType: text,
  caption: text,
  isVoice: z.boolean().meta({ description: 'Shown as a voice note' }),
});

const Location = z.object({ latitude: z.number(), longitude: z.number(), name: text, address: text });

const Card = z.object({
  name: z.object({
    formattedName: z.string(),
    firstName: text,
    middleName: text,
    lastName: text,
    prefix: text,
    suffix: text,
  }),
  phones: z.array(z.object({ phone: text, type: text, waId: text })),
  emails: z.array(z.object({ email: text, type: text })),
  urls: z.array(z.object({ url: text, type: text })),
  org: z.object({ company: text, department: text, title: text }).nullable(),
  addresses: z.array(
    z.object({
      street: text,
      city: text,
      state: text,
      zip: text,
      country: text,
      countryCode: text,
      type: text,
    }),
  ),
  birthday: text,
});

const parts = {
  header: z
    .object({ type: z.enum(['text', 'image', 'video', 'document']), text, ...file })
    .nullable()
    .meta({ description: 'A text, or a file' }),
  body: z.string(),
  footer: text,
};

const Choice = z.object({ id: z.string(), title: z.string() });

const Interactive = z.discriminatedUnion('type', [
  z.object({ type: z.literal('buttons'), ...parts, buttons: z.array(Choice) }),
  z.object({
    type: z.literal('list'),
    ...parts,
    buttonText: z.string(),
    sections: z.array(z.object({ title: text, rows: z.array(Choice.extend({ description: text })) })),
  }),
  z.object({ type: z.literal('ctaUrl'), ...parts, displayText: z.string(), url: z.string() }),
  z.object({ type: z.literal('flow'), ...parts, flowId: text, flowName: text, flowCta: z.string() }),
]);

const Reply = z.object({
  kind: z.enum(['quick-reply', 'button', 'list-row', 'flow']),
  id: text.meta({
    description: 'As our message carried it: payload, id of the button or row, token of the flow',
  }),
  title: z.string(),
  description: text,
  response: z.record(z.string(), z.unknown()).nullable().meta({ description: 'The answers in a flow' }),
});

/** Everything but the text is null where the message has none of it. */
export const ShownContent = z.object({
  text: text.meta({ description: 'What the person reads' }),
  media: Media.nullable().meta({ description: 'The file of an image, video, audio, document or sticker' }),
  location: Location.nullable(),
  contacts: z.array(Card).nullable().meta({ description: 'Contact cards' }),
  reaction: z
    .object({ emoji: text.meta({ description: 'Null: the reaction was taken back' }) })
    .nullable()
    .meta({ description: 'To the message in `repliesTo`' }),
  interactive: Interactive.nullable().meta({ description: 'What we offered to tap' }),
  reply: Reply.nullable().meta({ description: 'What the contact chose of what we had sent' }),
});
export type ShownContent = z.input<typeof ShownContent>;
