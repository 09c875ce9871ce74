import { defined, type FieldReader, type Fields } from './fields.ts';
import type { InboundContent, InboundError, SenderIdentity, SystemKind } from './types.ts';

const systemKindOf: ReadonlyMap<string, SystemKind> = new Map([
  ['user_changed_number', 'number-changed'],
  ['customer_changed_number', 'number-changed'],
  ['user_changed_user_id', 'user-id-changed'],
  ['customer_identity_changed', 'identity-changed'],
  ['user_identity_changed', 'identity-changed'],
]);

/** An event about the contact that WhatsApp tells in the thread. */
export function readSystem(read: FieldReader, message: Fields): InboundContent {
  const given = read.object(message, 'system');
  if (given === undefined) return {};
  const type = read.text(given, 'type');
  return {
    ...defined({ text: read.text(given, 'body') }),
    system: {
      kind: systemKindOf.get(type ?? '') ?? 'other',
      ...defined({
        type,
        whatsappId: read.id(given, 'wa_id') ?? read.id(given, 'new_wa_id'),
        formerWhatsappId: read.id(given, 'customer'),
        userId: read.id(given, 'user_id'),
        identityHash: read.text(given, 'identity'),
      }),
    },
  };
}

/** A message that the provider cannot pass on. */
export function readUnsupported(read: FieldReader, message: Fields): InboundContent {
  const given = read.object(message, 'unsupported');
  const unsupportedType =
    given === undefined ? undefined : (read.text(given, 'type') ?? read.text(given, 'raw_type'));
  const kind = unsupportedType === undefined || unsupportedType === 'unknown' ? '' : `: ${unsupportedType}`;
  return { text: `Unsupported message${kind}`, ...defined({ unsupportedType }) };
}

/** The provider's errors about a message. */
export const readErrors = (read: FieldReader, holder: Fields): readonly InboundError[] =>
  read
    .objects(holder, 'errors')
    .map((error) => {
      const data = read.object(error, 'error_data');
      const { error_data: plain } = error;
      return defined({
        code: read.id(error, 'code'),
        title: read.text(error, 'title'),
        message: read.text(error, 'message'),
        detail:
          data !== undefined
            ? read.text(data, 'details')
            : typeof plain === 'string'
              ? read.text(error, 'error_data')
              : read.text(error, 'details'),
        link: read.text(error, 'href'),
      });
    })
    .filter((error) => Object.keys(error).length > 0);

/** Seconds, also with a fraction, as epoch milliseconds. */
export function readIdentity(read: FieldReader, message: Fields): SenderIdentity | undefined {
  const given = read.object(message, 'identity');
  if (given === undefined) return undefined;
  const identity = defined({
    hash: read.text(given, 'hash'),
    isAcknowledged: read.flag(given, 'acknowledged'),
    createdAtMs: readTime(read, given, 'created_timestamp'),
  });
  return Object.keys(identity).length === 0 ? undefined : identity;
}

/** The year 2286; a later time is no valid Date everywhere. */
const maxTime = 9_999_999_999_999;

/** Seconds or milliseconds as epoch milliseconds; undefined if it cannot be a time. */
export function readTime(read: FieldReader, object: Fields, key: string): number | undefined {
  const given = object[key];
  // An object may have conversions of its own that are no functions.
  if (typeof given !== 'number' && typeof given !== 'string') return undefined;
  const value = Number(given);
  if (!(value > 0) || value > maxTime) return undefined;
  const number = read.number(object, key);
  return number === undefined ? undefined : number > 1e11 ? number : number * 1_000;
}
