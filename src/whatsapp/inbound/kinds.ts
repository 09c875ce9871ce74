import { readCards } from './cards.ts';
import { readOrder } from './commerce.ts';
import { defined, type FieldReader, type Fields } from './fields.ts';
import { readSystem, readUnsupported } from './notices.ts';
import { readButton, readInteractive } from './replies.ts';
import type { InboundContent, InboundMedia } from './types.ts';

/** Reads the object under the name of a message's type. */
export type KindReader = (read: FieldReader, message: Fields, type: string) => InboundContent;

const readText: KindReader = (read, message) => {
  const text = read.object(message, 'text');
  // Some relays send the text itself.
  return defined({ text: text === undefined ? read.text(message, 'text') : read.text(text, 'body') });
};

const readMedia: KindReader = (read, message, type) => {
  const given = read.object(message, type);
  const id = given === undefined ? undefined : read.reference(given, 'id');
  if (given === undefined) return {};
  // A file without an id cannot be fetched, but the person may have written something beside it.
  if (id === undefined) return defined({ text: read.text(given, 'caption') ?? read.text(given, 'filename') });
  // Needs the channel's token and dies after five minutes; `id` is good for a week.
  read.pass(given, 'url');
  const media: InboundMedia = {
    id,
    ...defined({
      mimeType: read.text(given, 'mime_type'),
      filename: read.text(given, 'filename'),
      caption: read.text(given, 'caption'),
      sha256: read.text(given, 'sha256'),
      isVoice: read.flag(given, 'voice'),
      isAnimated: read.flag(given, 'animated'),
    }),
  };
  return { ...defined({ text: media.caption ?? media.filename }), media };
};

const readLocation: KindReader = (read, message) => {
  const given = read.object(message, 'location');
  if (given === undefined) return {};
  const [latitude, longitude] = [read.number(given, 'latitude'), read.number(given, 'longitude')];
  if (latitude === undefined || longitude === undefined) return {};
  const [name, address] = [read.text(given, 'name'), read.text(given, 'address')];
  const names = [name, address].filter((part) => part !== undefined);
  return {
    text: names.length > 0 ? names.join(', ') : `${latitude}, ${longitude}`,
    location: { latitude, longitude, ...defined({ name, address, url: read.text(given, 'url') }) },
  };
};

/** A reaction without an emoji removes an earlier one. */
const readReaction: KindReader = (read, message) => {
  const given = read.object(message, 'reaction');
  const contextId = given === undefined ? undefined : read.reference(given, 'message_id');
  if (given === undefined || contextId === undefined) return {};
  const emoji = read.text(given, 'emoji');
  return { ...defined({ text: emoji }), reaction: defined({ emoji }), contextId };
};

const readContacts: KindReader = (read, message) => {
  const contacts = readCards(read, message);
  if (contacts.length === 0) return {};
  const names = contacts.map(({ name }) => name.formattedName).filter((name) => name !== '');
  return { ...(names.length === 0 ? {} : { text: names.join(', ') }), contacts };
};

export const kindReaders: ReadonlyMap<string, KindReader> = new Map<string, KindReader>([
  ['text', readText],
  ...['image', 'video', 'audio', 'document', 'sticker'].map((type) => [type, readMedia] as const),
  ['location', readLocation],
  ['contacts', readContacts],
  ['reaction', readReaction],
  ['button', readButton],
  ['interactive', readInteractive],
  ['order', readOrder],
  ['system', readSystem],
  ['unsupported', readUnsupported],
]);
