import { z } from 'zod';
import type {
  FreeFormPayload,
  HeaderObject,
  InteractiveObject,
  MediaSource,
} from '../../../../whatsapp/free-form.ts';
import type { InboundMedia, InboundReply } from '../../../../whatsapp/inbound-content.ts';
import type { ShownContent } from './schemas.ts';

/** The stored content of a message, in either direction. */
export interface StoredContent {
  readonly text?: string;
  readonly payload?: FreeFormPayload;
  readonly reply?: InboundReply;
  readonly media?: InboundMedia;
  readonly raw?: Readonly<Record<string, unknown>>;
}

/**
 * The content for display. Locations, cards and reactions have the same shape in both directions. Malformed parts of
 * an inbound message are shown as null. The token and the data of a flow are not shown.
 */
export function shownContent({ text, payload, reply, media, raw }: StoredContent): ShownContent {
  const object: Readonly<Record<string, unknown>> = { ...(payload ?? raw) };
  return {
    text: text ?? null,
    media: media === undefined ? sentMedia(payload) : receivedMedia(media),
    location: Location.safeParse(object['location']).data ?? null,
    contacts: Cards.safeParse(object['contacts']).data ?? null,
    reaction: Reaction.safeParse(object['reaction']).data ?? null,
    interactive: payload?.type === 'interactive' ? shownInteractive(payload.interactive) : null,
    reply: reply === undefined ? null : shownReply(reply),
  };
}

type Media = NonNullable<ShownContent['media']>;

function sentMedia(payload: FreeFormPayload | undefined): Media | null {
  const about = (source: MediaSource, more: Partial<Media> = {}): Media => ({
    ...placeOf(source),
    ...{ mimeType: null, filename: null, caption: null, isVoice: false },
    ...more,
  });
  switch (payload?.type) {
    case 'image':
      return about(payload.image, { caption: payload.image.caption ?? null });
    case 'video':
      return about(payload.video, { caption: payload.video.caption ?? null });
    case 'audio':
      return about(payload.audio, { isVoice: payload.audio.voice === true });
    case 'document': {
      const { filename = null, caption = null } = payload.document;
      return about(payload.document, { filename, caption });
    }
    case 'sticker':
      return about(payload.sticker);
    default:
      return null;
  }
}

const receivedMedia = ({ id, mimeType, filename, caption, isVoice }: InboundMedia): Media => ({
  id,
  link: null,
  mimeType: mimeType ?? null,
  filename: filename ?? null,
  caption: caption ?? null,
  isVoice: isVoice === true,
});

const placeOf = (source: MediaSource) =>
  'id' in source ? { id: source.id, link: null } : { id: null, link: source.link };

type Interactive = NonNullable<ShownContent['interactive']>;

function shownInteractive(given: InteractiveObject): Interactive {
  const parts = {
    header: given.header === undefined ? null : shownHeader(given.header),
    body: given.body.text,
    footer: given.footer?.text ?? null,
  };
  switch (given.type) {
    case 'button':
      return {
        ...{ type: 'buttons', ...parts },
        buttons: given.action.buttons.map(({ reply: { id, title } }) => ({ id, title })),
      };
    case 'list':
      return {
        ...{ type: 'list', ...parts, buttonText: given.action.button },
        sections: given.action.sections.map(({ title = null, rows }) => ({
          title,
          rows: rows.map(({ id, title: rowTitle, description = null }) => ({
            ...{ id, title: rowTitle, description },
          })),
        })),
      };
    case 'cta_url': {
      const { display_text: displayText, url } = given.action.parameters;
      return { type: 'ctaUrl', ...parts, displayText, url };
    }
    case 'flow': {
      const { parameters } = given.action;
      return {
        ...{ type: 'flow', ...parts, flowCta: parameters.flow_cta },
        flowId: 'flow_id' in parameters ? parameters.flow_id : null,
        flowName: 'flow_name' in parameters ? parameters.flow_name : null,
      };
    }
  }
}

function shownHeader(header: HeaderObject): Interactive['header'] {
  const none = { text: null, id: null, link: null, filename: null };
  switch (header.type) {
    case 'text':
      return { ...none, type: 'text', text: header.text };
    case 'image':
      return { ...none, type: 'image', ...placeOf(header.image) };
    case 'video':
      return { ...none, type: 'video', ...placeOf(header.video) };
    case 'document': {
      const { filename = null } = header.document;
      return { ...none, type: 'document', ...placeOf(header.document), filename };
    }
  }
}

const shownReply = (reply: InboundReply): NonNullable<ShownContent['reply']> => ({
  kind: reply.kind,
  id: reply.id ?? null,
  title: reply.title,
  description: reply.kind === 'list-row' ? (reply.description ?? null) : null,
  response: reply.kind === 'flow' ? (reply.response ?? null) : null,
});

/** A text; null if it is missing or has another type. */
const text = z.string().nullable().catch(null).default(null);
const listOf = <Item extends z.ZodType>(item: Item) => z.array(item).catch([]).default([]);

const Location = z.object({
  latitude: z.coerce.number(),
  longitude: z.coerce.number(),
  name: text,
  address: text,
});

const Reaction = z
  .object({ message_id: z.string(), emoji: text })
  .transform(({ emoji }) => ({ emoji: emoji === '' ? null : emoji }));

const Card = z
  .object({
    name: z.object({
      formatted_name: z.string(),
      first_name: text,
      middle_name: text,
      last_name: text,
      prefix: text,
      suffix: text,
    }),
    phones: listOf(z.object({ phone: text, type: text, wa_id: text })),
    emails: listOf(z.object({ email: text, type: text })),
    urls: listOf(z.object({ url: text, type: text })),
    org: z.object({ company: text, department: text, title: text }).nullable().catch(null).default(null),
    addresses: listOf(
      z.object({
        ...{ street: text, city: text, state: text, zip: text, country: text },
        ...{ country_code: text, type: text },
      }),
    ),
    birthday: text,
  })
  .transform(({ name, phones, addresses, ...others }) => ({
    name: {
      formattedName: name.formatted_name,
      firstName: name.first_name,
      middleName: name.middle_name,
      lastName: name.last_name,
      prefix: name.prefix,
      suffix: name.suffix,
    },
    phones: phones.map(({ wa_id: waId, ...phone }) => ({ ...phone, waId })),
    addresses: addresses.map(({ country_code: countryCode, ...address }) => ({ ...address, countryCode })),
    ...others,
  }));

/** Drops unreadable cards and keeps the others. */
const Cards = z
  .array(Card.nullable().catch(null))
  .transform((cards) => cards.filter((card) => card !== null));
