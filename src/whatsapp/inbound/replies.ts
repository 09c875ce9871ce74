import { defined, isFields, type FieldReader, type Fields } from './fields.ts';
import { readTime } from './notices.ts';
import type { CallPermission, InboundContent } from './types.ts';

/** A tapped quick reply of a template. Without a payload, its text is the payload. */
export function readButton(read: FieldReader, message: Fields): InboundContent {
  const given = read.object(message, 'button');
  if (given === undefined) return {};
  const [text, payload] = [read.text(given, 'text'), read.text(given, 'payload')];
  const title = text ?? payload;
  if (title === undefined) return {};
  return { text: title, reply: { kind: 'quick-reply', id: payload ?? title, title } };
}

export function readInteractive(read: FieldReader, message: Fields): InboundContent {
  const given = read.object(message, 'interactive');
  if (given === undefined) return {};
  const type = given['type'];
  const part = typeof type === 'string' ? read.object(given, type) : undefined;
  const reader = typeof type === 'string' ? interactiveReaders.get(type) : undefined;
  const content = part === undefined || reader === undefined ? {} : reader(read, part);
  // The kind of reply tells the type.
  if (Object.keys(content).length > 0) read.pass(given, 'type');
  return content;
}

type PartReader = (read: FieldReader, part: Fields) => InboundContent;

const readChoice =
  (kind: 'button' | 'list-row'): PartReader =>
  (read, part) => {
    const id = read.id(part, 'id');
    const title = read.text(part, 'title') ?? id;
    if (title === undefined) return {};
    const description = read.text(part, 'description');
    return { text: title, reply: { kind, ...defined({ id }), title, ...defined({ description }) } };
  };

/** A completed form. Meta sends the answers as JSON text; what is no storable object, such as invalid JSON, stays text. */
const readFlow: PartReader = (read, part) => {
  const [name, body] = [read.text(part, 'name'), read.text(part, 'body')];
  const json = read.text(part, 'response_json');
  const response = json === undefined ? null : parseObject(json);
  const token = response?.['flow_token'];
  if (name === undefined && body === undefined && json === undefined) return {};
  return {
    text: body ?? name ?? 'Form',
    reply: {
      kind: 'flow',
      ...(typeof token === 'string' ? { id: token } : {}),
      title: body ?? name ?? '',
      ...defined({ name }),
      ...(response === null ? defined({ responseText: json }) : { response }),
    },
  };
};

function parseObject(json: string): Fields | null {
  try {
    const parsed: unknown = JSON.parse(json);
    return isFields(parsed) && isStorable(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

const maxAnswerDepth = 16;

/**
 * Keys that the database refuses (NUL), reads as its own types (`$ref`, `_bsontype`), or that readers of objects take
 * for the prototype. Answers with one of them are kept as text.
 */
const specialKey = /\0|^\$|^_bsontype$|^__proto__$/;

/** MongoDB refuses deeper objects. */
const isStorable = (value: unknown, depth = 0): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (depth < maxAnswerDepth &&
    Object.entries(value).every(([key, part]) => !specialKey.test(key) && isStorable(part, depth + 1)));

const readCallPermission: PartReader = (read, part) => {
  const response = read.text(part, 'response');
  const isGranted = response?.toLowerCase().startsWith('accept') === true;
  const callPermission: CallPermission = {
    isGranted,
    ...defined({
      response,
      isPermanent: read.flag(part, 'is_permanent'),
      expiresAtMs: readTime(read, part, 'expiration_timestamp'),
      source: read.text(part, 'response_source'),
    }),
  };
  return { text: isGranted ? 'Calls allowed' : 'Calls not allowed', callPermission };
};

const interactiveReaders: ReadonlyMap<string, PartReader> = new Map([
  ['button_reply', readChoice('button')],
  ['list_reply', readChoice('list-row')],
  ['nfm_reply', readFlow],
  ['call_permission_reply', readCallPermission],
]);
