import { z } from 'zod';

/** The content of a message for display, with the same fields in both directions. */

const text = z.string().nullable();

const file = {
  id: text.meta({ description: 'The id of the file at the provider' }),
  link: text.meta({ description: 'Where WhatsApp downloaded it' }),
  filename: text,
};

const Media = z
  .object({
    ...file,
    mimeType: text,
    caption: text,
    isVoice: z.boolean().meta({ description: 'Shown as a voice note' }),
  })
  .meta({ id: 'MessageMedia' });

const Location = z
  .object({ latitude: z.number(), longitude: z.number(), name: text, address: text })
  .meta({ id: 'MessageLocation' });

const CardName = z
  .object({
    formattedName: z.string(),
    firstName: text,
    middleName: text,
    lastName: text,
    prefix: text,
    suffix: text,
  })
  .meta({ id: 'ContactCardName' });

const CardAddress = z
  .object({
    street: text,
    city: text,
    state: text,
    zip: text,
    country: text,
    countryCode: text,
    type: text,
  })
  .meta({ id: 'ContactCardAddress' });

const Card = z
  .object({
    name: CardName,
    phones: z.array(z.object({ phone: text, type: text, waId: text }).meta({ id: 'ContactCardPhone' })),
    emails: z.array(z.object({ email: text, type: text }).meta({ id: 'ContactCardEmail' })),
    urls: z.array(z.object({ url: text, type: text }).meta({ id: 'ContactCardUrl' })),
    org: z
      .object({ company: text, department: text, title: text })
      .meta({ id: 'ContactCardOrganisation' })
      .nullable(),
    addresses: z.array(CardAddress),
    birthday: text,
  })
  .meta({ id: 'ContactCard' });

const Header = z
  .object({ type: z.enum(['text', 'image', 'video', 'document']), text, ...file })
  .meta({ id: 'MessageHeader', description: 'A text, or a file' });

const parts = { header: Header.nullable(), body: z.string(), footer: text };

const Choice = z.object({ id: z.string(), title: z.string() }).meta({ id: 'ReplyButton' });

const Row = z.object({ id: z.string(), title: z.string(), description: text }).meta({ id: 'ListRow' });

const Section = z.object({ title: text, rows: z.array(Row) }).meta({ id: 'ListSection' });

const Interactive = z
  .discriminatedUnion('type', [
    z
      .object({ type: z.literal('buttons'), ...parts, buttons: z.array(Choice) })
      .meta({ id: 'InteractiveButtons' }),
    z
      .object({ type: z.literal('list'), ...parts, buttonText: z.string(), sections: z.array(Section) })
      .meta({ id: 'InteractiveList' }),
    z
      .object({ type: z.literal('ctaUrl'), ...parts, displayText: z.string(), url: z.string() })
      .meta({ id: 'InteractiveLink' }),
    z
      .object({ type: z.literal('flow'), ...parts, flowId: text, flowName: text, flowCta: z.string() })
      .meta({ id: 'InteractiveFlow' }),
  ])
  .meta({ id: 'Interactive' });

const Reply = z
  .object({
    kind: z.enum(['quick-reply', 'button', 'list-row', 'flow']),
    id: text.meta({
      description: 'From our message: the payload, the id of the button or row, or the token of the flow',
    }),
    title: z.string(),
    description: text,
    response: z.record(z.string(), z.unknown()).nullable().meta({ description: 'The answers in a flow' }),
  })
  .meta({ id: 'MessageReply' });

const Reaction = z
  .object({ emoji: text.meta({ description: 'Null: the reaction was removed' }) })
  .meta({ id: 'MessageReaction' });

/** Fields that do not apply to the message are null. */
export const ShownContent = z
  .object({
    text: text.meta({ description: 'The text that the contact reads' }),
    media: Media.nullable().meta({ description: 'The file of an image, video, audio, document or sticker' }),
    location: Location.nullable(),
    contacts: z.array(Card).nullable().meta({ description: 'Contact cards' }),
    reaction: Reaction.nullable().meta({ description: 'To the message in `repliesTo`' }),
    interactive: Interactive.nullable().meta({ description: 'Buttons, list, link or flow that we sent' }),
    reply: Reply.nullable().meta({ description: 'The choice of the contact in a message that we sent' }),
  })
  .meta({ id: 'MessageContent' });
export type ShownContent = z.input<typeof ShownContent>;
