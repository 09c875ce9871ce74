/** What the contact sends us, in Meta's shape. Pure. */
import { createHash } from 'node:crypto';
import { isRecord, textOrNull, type JsonRecord } from './json.ts';
import { displayNumberOf, messagesValue, toSeconds, type Numbers } from './payloads.ts';
import { SettingError } from './settings.ts';

export interface InboundRequest {
  readonly phoneNumberId: string;
  /** The contact's number, digits only; absent for a contact who is known by user id alone. */
  readonly from: string | null;
  readonly userId: string | null;
  readonly name: string | null;
  readonly type: string;
  /** Given in order to send the same message again. */
  readonly wamid: string | null;
  readonly fields: JsonRecord;
}

export interface InboundMoment {
  readonly wamid: string;
  readonly now: number;
  readonly numbers: Numbers;
}

const FIELDS = [
  'phoneNumberId',
  'from',
  'userId',
  'name',
  'type',
  'text',
  'payload',
  'contextId',
  'wamid',
  'mediaId',
  'mimeType',
  'filename',
  'description',
  'latitude',
  'longitude',
];

const MIME_TYPES: Readonly<Record<string, string>> = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/ogg; codecs=opus',
  document: 'application/pdf',
  sticker: 'image/webp',
};

const text = (fields: JsonRecord, name: string, fallback = ''): string =>
  textOrNull(fields[name]) ?? fallback;

const optional = (fields: JsonRecord, name: string, as = name): object =>
  fields[name] === undefined ? {} : { [as]: fields[name] };

function mediaContent(type: string, fields: JsonRecord, wamid: string): object {
  const hash = createHash('sha256').update(wamid).digest();
  return {
    id: text(fields, 'mediaId', hash.readUIntBE(0, 6).toString().padStart(15, '1')),
    mime_type: text(fields, 'mimeType', MIME_TYPES[type]),
    sha256: hash.toString('base64'),
    ...optional(fields, 'text', 'caption'),
    ...optional(fields, 'filename'),
  };
}

/** The object that carries the name of the type, or null for a type that cannot be played. */
function contentOf({ type, fields }: InboundRequest, wamid: string): object | null {
  switch (type) {
    case 'text':
      return { body: text(fields, 'text') };
    case 'button':
      return { payload: text(fields, 'payload', text(fields, 'text')), text: text(fields, 'text') };
    case 'button_reply':
    case 'list_reply': {
      const reply = {
        id: text(fields, 'payload'),
        title: text(fields, 'text'),
        ...optional(fields, 'description'),
      };
      return { type, [type]: reply };
    }
    case 'reaction':
      return { message_id: text(fields, 'contextId'), emoji: text(fields, 'text') };
    case 'location':
      return {
        latitude: fields['latitude'] ?? 0,
        longitude: fields['longitude'] ?? 0,
        ...optional(fields, 'name'),
      };
    default:
      return MIME_TYPES[type] === undefined ? null : mediaContent(type, fields, wamid);
  }
}

export function parseInbound(body: unknown): InboundRequest {
  if (!isRecord(body)) throw new SettingError('body', 'must be an object');
  const unknownName = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (unknownName !== undefined) throw new SettingError(unknownName, 'is not known');
  const phoneNumberId = textOrNull(body['phoneNumberId']);
  if (phoneNumberId === null) throw new SettingError('phoneNumberId', 'is required');
  const from = textOrNull(body['from'])?.replace(/\D/g, '') ?? null;
  const userId = textOrNull(body['userId']);
  if ((from === null || from === '') && userId === null) throw new SettingError('from', 'is required');
  const request = {
    phoneNumberId,
    from,
    userId,
    name: textOrNull(body['name']),
    type: textOrNull(body['type']) ?? 'text',
    wamid: textOrNull(body['wamid']),
    fields: body,
  };
  if (contentOf(request, '') === null) throw new SettingError('type', 'is not known');
  return request;
}

/** The `value` of the webhook with the contact and the message. */
export function inboundValue(request: InboundRequest, { wamid, now, numbers }: InboundMoment): object {
  const { phoneNumberId, from, userId, name, type, fields } = request;
  const isInteractive = type === 'button_reply' || type === 'list_reply';
  const wireType = isInteractive ? 'interactive' : type;
  const contextId = type === 'reaction' ? null : textOrNull(fields['contextId']);
  const contact = {
    ...(name === null ? {} : { profile: { name } }),
    ...(from === null ? {} : { wa_id: from }),
    ...(userId === null ? {} : { user_id: userId }),
  };
  const message = {
    ...(contextId === null
      ? {}
      : { context: { from: displayNumberOf(phoneNumberId, numbers), id: contextId } }),
    ...(from === null ? {} : { from }),
    ...(userId === null ? {} : { from_user_id: userId }),
    id: wamid,
    timestamp: toSeconds(now),
    type: wireType,
    [wireType]: contentOf(request, wamid),
  };
  return messagesValue(phoneNumberId, numbers, { contacts: [contact], messages: [message] });
}
