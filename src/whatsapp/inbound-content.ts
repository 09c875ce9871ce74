import { z } from 'zod';

/** The content of an inbound message, by its type. Parts of an unknown shape are skipped. */

/** The contact's choice among the options of our message. `id` is the one that we sent with the option. */
export type InboundReply =
  /** A quick reply of a template: its payload. */
  | { readonly kind: 'quick-reply'; readonly id: string; readonly title: string }
  | { readonly kind: 'button'; readonly id: string; readonly title: string }
  | {
      readonly kind: 'list-row';
      readonly id: string;
      readonly title: string;
      readonly description?: string;
    }
  /** A completed form; `id` is the flow's token. */
  | {
      readonly kind: 'flow';
      readonly id?: string;
      readonly title: string;
      /** The form's answers; absent if the provider's text is not a JSON object. */
      readonly response?: Readonly<Record<string, unknown>>;
    };

/** A file, by the provider's id. It can be fetched with the channel's token for a few days. */
export interface InboundMedia {
  readonly id: string;
  readonly mimeType?: string;
  readonly filename?: string;
  readonly caption?: string;
  readonly sha256?: string;
  /** True for a voice note, false for other audio. */
  readonly isVoice?: boolean;
}

export interface InboundContent {
  /** The readable text of the message. */
  readonly text?: string;
  readonly reply?: InboundReply;
  readonly media?: InboundMedia;
  /** The message that this one answers or reacts to, by the provider's id. */
  readonly contextId?: string;
}

const shortText = z.string().max(1_024).optional().catch(undefined);
const anyText = z.string().optional().catch(undefined);
const identifier = z.string().min(1).max(512);
const coordinate = z.coerce.number();

const Media = z.looseObject({
  id: identifier,
  mime_type: shortText,
  filename: shortText,
  caption: anyText,
  sha256: shortText,
  voice: z.boolean().optional().catch(undefined),
});

/** Buttons and rows. Ours always have an id and a title, so a reply without them is not to our message. */
const Choice = z.looseObject({ id: z.string().max(1_024), title: z.string(), description: anyText });
const Button = z.looseObject({ payload: shortText, text: anyText });
const FlowReply = z.looseObject({ name: shortText, body: anyText, response_json: z.string() });
const Interactive = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('button_reply'), button_reply: Choice }),
  z.looseObject({ type: z.literal('list_reply'), list_reply: Choice }),
  z.looseObject({ type: z.literal('nfm_reply'), nfm_reply: FlowReply }),
]);
const Location = z.looseObject({
  latitude: coordinate,
  longitude: coordinate,
  name: anyText,
  address: anyText,
});
const Cards = z.array(
  z
    .looseObject({ name: z.looseObject({ formatted_name: z.string() }) })
    .optional()
    .catch(undefined),
);

const mediaTypes: ReadonlySet<string> = new Set(['image', 'video', 'audio', 'document', 'sticker']);

/** Reads the object under the name of the type. Never throws; an unknown type gives no content. */
export function readContent(type: string, message: Readonly<Record<string, unknown>>): InboundContent {
  const context = z.looseObject({ id: identifier }).safeParse(message['context']).data;
  const content = readByType(type, message[type]);
  return { ...(context === undefined ? {} : { contextId: context.id }), ...content };
}

function readByType(type: string, given: unknown): InboundContent {
  if (mediaTypes.has(type)) return mediaOf(given);
  switch (type) {
    case 'text':
      return textIf(z.looseObject({ body: z.string() }).safeParse(given).data?.body);
    case 'button':
      return quickReplyOf(given);
    case 'interactive':
      return choiceOf(given);
    case 'reaction':
      return reactionOf(given);
    case 'location':
      return placeOf(given);
    case 'contacts':
      return namesOf(given);
    default:
      return {};
  }
}

const textIf = (text: string | undefined): InboundContent =>
  text === undefined || text === '' ? {} : { text };

function mediaOf(given: unknown): InboundContent {
  const media = Media.safeParse(given).data;
  if (media === undefined) return {};
  const { id, mime_type: mimeType, filename, caption, sha256, voice: isVoice } = media;
  return {
    ...textIf(caption ?? filename),
    media: {
      id,
      ...(mimeType === undefined ? {} : { mimeType }),
      ...(filename === undefined ? {} : { filename }),
      ...(caption === undefined ? {} : { caption }),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(isVoice === undefined ? {} : { isVoice }),
    },
  };
}

/** A quick reply without a payload returns its text as payload. */
function quickReplyOf(given: unknown): InboundContent {
  const button = Button.safeParse(given).data;
  const title = button?.text ?? button?.payload;
  if (title === undefined) return {};
  return { ...textIf(title), reply: { kind: 'quick-reply', id: button?.payload ?? title, title } };
}

function choiceOf(given: unknown): InboundContent {
  const interactive = Interactive.safeParse(given).data;
  switch (interactive?.type) {
    case 'button_reply': {
      const { id, title } = interactive.button_reply;
      return { ...textIf(title), reply: { kind: 'button', id, title } };
    }
    case 'list_reply': {
      const { id, title, description } = interactive.list_reply;
      const more = description === undefined ? {} : { description };
      return { ...textIf(title), reply: { kind: 'list-row', id, title, ...more } };
    }
    case 'nfm_reply':
      return flowReplyOf(interactive.nfm_reply);
    case undefined:
      return {};
  }
}

function flowReplyOf({ name, body, response_json: json }: z.output<typeof FlowReply>): InboundContent {
  const response = parseObject(json);
  const token = response?.['flow_token'];
  return {
    ...textIf(body),
    reply: {
      kind: 'flow',
      ...(typeof token === 'string' ? { id: token } : {}),
      title: body ?? name ?? '',
      ...(response === null ? {} : { response }),
    },
  };
}

/** Meta sends the answers as JSON text, occasionally as invalid JSON. */
function parseObject(json: string): Readonly<Record<string, unknown>> | null {
  try {
    return z.record(z.string(), z.unknown()).safeParse(JSON.parse(json)).data ?? null;
  } catch {
    return null;
  }
}

/** A reaction without an emoji removes an earlier one. */
function reactionOf(given: unknown): InboundContent {
  const reaction = z.looseObject({ message_id: identifier, emoji: shortText }).safeParse(given).data;
  return reaction === undefined ? {} : { ...textIf(reaction.emoji), contextId: reaction.message_id };
}

function placeOf(given: unknown): InboundContent {
  const place = Location.safeParse(given).data;
  if (place === undefined) return {};
  const names = [place.name, place.address].filter((part) => part !== undefined && part !== '');
  return textIf(names.length > 0 ? names.join(', ') : `${place.latitude}, ${place.longitude}`);
}

function namesOf(given: unknown): InboundContent {
  const cards = Cards.safeParse(given).data ?? [];
  return textIf(cards.flatMap((card) => card?.name.formatted_name ?? []).join(', '));
}
