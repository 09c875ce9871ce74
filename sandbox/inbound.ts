/** Messages of contacts, in Meta's shape. Pure. */
import { createHash } from 'node:crypto';
import { webhookError } from './graph-errors.ts';
import { isRecord, textOrNull, type JsonRecord } from './json.ts';
import { displayNumberOf, messagesValue, toSeconds, type Numbers } from './payloads.ts';
import { asWhole, SettingError } from './setting-readers.ts';

export interface InboundRequest {
  readonly phoneNumberId: string;
  /** The contact's number, digits only; null if only the user id is known. */
  readonly from: string | null;
  readonly userId: string | null;
  readonly name: string | null;
  readonly type: string;
  /** Sends the same message again. */
  readonly wamid: string | null;
  readonly fields: JsonRecord;
}

export interface InboundMoment {
  readonly wamid: string;
  readonly now: number;
  readonly numbers: Numbers;
  /** The download address of the message's media, if any. */
  readonly mediaUrl: string | null;
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
  'content',
  'bytes',
  'filename',
  'description',
  'latitude',
  'longitude',
  'locationName',
  'address',
  'animated',
  'voice',
  'response',
  'flowName',
  'products',
  'catalogId',
  'event',
  'newWaId',
  'unsupportedType',
  'contacts',
  'referral',
  'forwarded',
];

const MIME_TYPES: Readonly<Record<string, string>> = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/ogg; codecs=opus',
  document: 'application/pdf',
  sticker: 'image/webp',
};

/** Types that are sent as `interactive`. */
const INTERACTIVE = new Set(['button_reply', 'list_reply', 'nfm_reply']);

const text = (fields: JsonRecord, name: string, fallback = ''): string =>
  textOrNull(fields[name]) ?? fallback;

const optional = (fields: JsonRecord, name: string, as = name): object =>
  fields[name] === undefined ? {} : { [as]: fields[name] };

const MAX_GENERATED_BYTES = 128 << 20;

/** The bytes of a contact's media: `content` in base64, else generated, but always the same for one message. */
export function mediaBytes(wamid: string, fields: JsonRecord = {}): Buffer {
  const { content, bytes } = fields;
  if (typeof content === 'string') return Buffer.from(content, 'base64');
  const generated = Buffer.from(`media of ${wamid}`);
  if (bytes === undefined) return generated;
  return Buffer.alloc(asWhole(bytes, 'bytes', [1, MAX_GENERATED_BYTES]), generated);
}

function mediaContent(type: string, fields: JsonRecord, wamid: string): object {
  const hash = createHash('sha256').update(mediaBytes(wamid, fields)).digest();
  const ownId = createHash('sha256').update(mediaBytes(wamid)).digest();
  return {
    id: text(fields, 'mediaId', ownId.readUIntBE(0, 6).toString().padStart(15, '1')),
    mime_type: text(fields, 'mimeType', MIME_TYPES[type]),
    sha256: hash.toString('base64'),
    ...optional(fields, 'text', 'caption'),
    ...optional(fields, 'filename'),
    ...optional(fields, 'animated'),
    ...optional(fields, 'voice'),
  };
}

function replyContent(type: string, fields: JsonRecord): object {
  if (type === 'nfm_reply') {
    const { response } = fields;
    const reply = {
      name: text(fields, 'flowName', 'flow'),
      body: text(fields, 'text', 'Sent'),
      // A text is sent unchanged, so that a test can send invalid JSON.
      response_json: typeof response === 'string' ? response : JSON.stringify(response ?? {}),
    };
    return { type, nfm_reply: reply };
  }
  const reply = {
    id: text(fields, 'payload'),
    title: text(fields, 'text'),
    ...optional(fields, 'description'),
  };
  return { type, [type]: reply };
}

function systemContent(fields: JsonRecord): object {
  return {
    type: text(fields, 'event', 'user_changed_number'),
    body: text(fields, 'text', 'The user changed their number.'),
    ...optional(fields, 'newWaId', 'wa_id'),
    ...optional(fields, 'userId', 'user_id'),
  };
}

/** The object that is named after the type, or null for an unsupported type. */
function contentOf({ type, fields }: InboundRequest, wamid: string): object | null {
  if (type === 'contacts') return Array.isArray(fields['contacts']) ? fields['contacts'] : [];
  switch (type) {
    case 'text':
      return { body: text(fields, 'text') };
    case 'button':
      return { payload: text(fields, 'payload', text(fields, 'text')), text: text(fields, 'text') };
    case 'button_reply':
    case 'list_reply':
    case 'nfm_reply':
      return replyContent(type, fields);
    case 'order':
      return {
        catalog_id: text(fields, 'catalogId', '1'),
        text: text(fields, 'text'),
        product_items: fields['products'] ?? [],
      };
    case 'system':
      return systemContent(fields);
    case 'unsupported':
      return { type: text(fields, 'unsupportedType', 'unknown') };
    case 'reaction':
      return { message_id: text(fields, 'contextId'), emoji: text(fields, 'text') };
    case 'location':
      return {
        latitude: fields['latitude'] ?? 0,
        longitude: fields['longitude'] ?? 0,
        ...optional(fields, 'locationName', 'name'),
        ...optional(fields, 'address'),
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

/** The message that the contact answers, or the mark of a forwarded message. */
function contextOf({ phoneNumberId, type, fields }: InboundRequest, numbers: Numbers): object {
  const id = type === 'reaction' ? null : textOrNull(fields['contextId']);
  if (id !== null) return { context: { from: displayNumberOf(phoneNumberId, numbers), id } };
  return fields['forwarded'] === true ? { context: { forwarded: true } } : {};
}

/** The `value` of the webhook with the contact and the message. A system message has no contact. */
export function inboundValue(
  request: InboundRequest,
  { wamid, now, numbers, mediaUrl }: InboundMoment,
): object {
  const { phoneNumberId, from, userId, name, type, fields } = request;
  const content = contentOf(request, wamid);
  const wireType = INTERACTIVE.has(type) ? 'interactive' : type;
  const contact = {
    ...(name === null ? {} : { profile: { name } }),
    ...(from === null ? {} : { wa_id: from }),
    ...(userId === null ? {} : { user_id: userId }),
  };
  const message = {
    ...contextOf(request, numbers),
    ...(from === null ? {} : { from }),
    ...(userId === null ? {} : { from_user_id: userId }),
    id: wamid,
    timestamp: toSeconds(now),
    type: wireType,
    ...(type === 'unsupported' ? { errors: [webhookError(131051)] } : {}),
    ...optional(fields, 'referral'),
    [wireType]: mediaUrl === null ? content : { ...content, url: mediaUrl },
  };
  const contacts = type === 'system' ? {} : { contacts: [contact] };
  return messagesValue(phoneNumberId, numbers, { ...contacts, messages: [message] });
}

/** The media of the message for a later download; null if it has none, or if the caller gave `mediaId`. */
export function inboundMedia(
  request: InboundRequest,
  wamid: string,
): { readonly id: string; readonly mimeType: string; readonly bytes: Buffer } | null {
  if (MIME_TYPES[request.type] === undefined || request.fields['mediaId'] !== undefined) return null;
  const { id, mime_type: mimeType } = mediaContent(request.type, request.fields, wamid) as {
    readonly id: string;
    readonly mime_type: string;
  };
  return { id, mimeType, bytes: mediaBytes(wamid, request.fields) };
}
