import { z } from 'zod';
import { file, Interactive, text } from './interactive-schemas.ts';
import { TemplatePreviewView } from '../../../../templates/schemas.ts';
import { EventDetail } from '../../../../channels/events/schemas.ts';
import { MediaState } from '../../../../inbox/media/schemas.ts';
import {
  Identity,
  InboundErrorView,
  Order,
  Permission,
  Product,
  Reaction,
  Referral,
  Reply,
  System,
} from './inbound-schemas.ts';

/** The content of a message for display, with the same fields in both directions. */

const Media = z
  .object({
    ...file,
    fileId: text.meta({ description: 'The id of our copy, for `/api/media/{id}`; null if there is none' }),
    state: MediaState.nullable().meta({ description: 'The state of our copy; null if there is none' }),
    mimeType: text,
    caption: text,
    sha256: text.meta({ description: 'The hash of the file, in base64; inbound only' }),
    isVoice: z.boolean().meta({ description: 'Shown as a voice note' }),
    isAnimated: z.boolean().meta({ description: 'A sticker that moves; inbound only' }),
  })
  .meta({ id: 'MessageMedia' });

const Location = z
  .object({ latitude: z.number(), longitude: z.number(), name: text, address: text, url: text })
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
    vcard: text.meta({ description: 'The same card in the vCard format; inbound only' }),
  })
  .meta({ id: 'ContactCard' });

const Call = z
  .object({
    direction: z.enum(['inbound', 'outbound']),
    outcome: z.enum(['completed', 'missed', 'unanswered']).nullable().meta({
      description: 'Null until WhatsApp reports the end',
    }),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
    durationSeconds: z.number().nullable(),
  })
  .meta({ id: 'MessageCall' });

const ThreadEvent = z
  .object({
    word: z.string().meta({ description: 'The word of WhatsApp: `group_participants_add`' }),
    details: z.array(EventDetail),
  })
  .meta({ id: 'MessageEvent' });

const Template = TemplatePreviewView.omit({ text: true })
  .extend({ name: z.string(), language: z.string() })
  .meta({
    id: 'MessageTemplate',
    description: 'As its preview shows it; of messages sent before 0.2.0 only the whole text, in `body`',
  });

/** Fields that do not apply to the message are null. */
export const ShownContent = z
  .object({
    text: text.meta({ description: 'The text that the contact reads' }),
    media: Media.nullable().meta({ description: 'The file of an image, video, audio, document or sticker' }),
    location: Location.nullable(),
    contacts: z.array(Card).nullable().meta({ description: 'Contact cards' }),
    reaction: Reaction.nullable().meta({ description: 'To the message in `repliesTo`' }),
    template: Template.nullable().meta({ description: 'The template that we sent, filled' }),
    interactive: Interactive.nullable().meta({
      description: 'What the contact can tap: buttons, a list, a link, a form, a request or products',
    }),
    reply: Reply.nullable().meta({ description: 'The choice of the contact in a message that we sent' }),
    call: Call.nullable().meta({ description: 'A voice call' }),
    event: ThreadEvent.nullable().meta({ description: 'What WhatsApp tells about a group' }),
    order: Order.nullable().meta({ description: 'What the contact orders from the catalog' }),
    product: Product.nullable().meta({ description: 'The product that the contact asks about' }),
    referral: Referral.nullable().meta({
      description: 'The advertisement or post that the contact came from',
    }),
    system: System.nullable().meta({ description: 'What WhatsApp tells about the contact' }),
    errors: z
      .array(InboundErrorView)
      .nullable()
      .meta({ description: 'Why WhatsApp cannot show the message' }),
    unsupportedType: text.meta({
      description: 'What the contact sent that the Cloud API does not support, such as `poll`',
    }),
    callPermission: Permission.nullable().meta({ description: 'Whether the contact may be called' }),
    senderIdentity: Identity.nullable().meta({
      description: 'The state of the device key of the contact, if the business checks it',
    }),
    origin: text.meta({ description: 'Where a shared contact card comes from' }),
    isForwarded: z.boolean(),
    isFrequentlyForwarded: z.boolean(),
    isCut: z.boolean().meta({
      description: 'A text or list was too long and is cut; `source` of the single message holds more',
    }),
  })
  .meta({ id: 'MessageContent' });
export type ShownContent = z.input<typeof ShownContent>;

/** The content with nothing in it. */
export const emptyContent = {
  text: null,
  media: null,
  location: null,
  contacts: null,
  reaction: null,
  template: null,
  interactive: null,
  reply: null,
  call: null,
  event: null,
  order: null,
  product: null,
  referral: null,
  system: null,
  errors: null,
  unsupportedType: null,
  callPermission: null,
  senderIdentity: null,
  origin: null,
  isForwarded: false,
  isFrequentlyForwarded: false,
  isCut: false,
} as const satisfies ShownContent;
