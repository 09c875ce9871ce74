import assert from 'node:assert/strict';
import type { ShownContent } from '../../src/sending/messages/content/shown/schemas.ts';

type Type = ShownContent['type'];
type ShownOf<T extends Type> = Extract<ShownContent, { type: T }>;
type Holder = { readonly content: ShownContent } | undefined;

const isOfType = <T extends Type>(content: ShownContent, type: T): content is ShownOf<T> =>
  content.type === type;

/** The shown content of a message, which must be of this type. */
export function contentOf<T extends Type>(message: Holder, type: T): ShownOf<T> {
  assert.ok(message !== undefined, 'no message');
  assert.ok(isOfType(message.content, type), JSON.stringify(message.content));
  return message.content;
}

/** The own fields of a shown content, without its type and what content of every type has. */
export function fieldsOf(content: ShownContent): Readonly<Record<string, unknown>> {
  const { type: _type, text: _text, referredProduct: _product, referral: _referral, ...more } = content;
  const { errors: _errors, senderIdentity: _identity, origin: _origin, ...rest } = more;
  const { isForwarded: _forwarded, isFrequentlyForwarded: _often, isCut: _cut, ...own } = rest;
  return own;
}

/** The shown file of a message; undefined if its content is no file. */
export const fileIn = (message: Holder) =>
  message !== undefined && 'fileId' in message.content ? message.content : undefined;

interface Difference {
  readonly path: string;
  readonly posted: unknown;
  readonly shown: unknown;
}

/** What was posted and is not shown under the same name with the same value, however deep; empty if all is. */
export function missingIn(shown: unknown, posted: unknown, path = 'content'): Difference[] {
  if (typeof posted !== 'object' || posted === null)
    return Object.is(shown, posted) ? [] : [{ path, posted, shown }];
  if (typeof shown !== 'object' || shown === null || Array.isArray(shown) !== Array.isArray(posted))
    return [{ path, posted, shown }];
  if (Array.isArray(posted) && Array.isArray(shown) && posted.length !== shown.length)
    return [{ path, posted, shown }];
  const fields = shown as Readonly<Record<string, unknown>>;
  return Object.entries(posted).flatMap(([name, value]) =>
    missingIn(Object.hasOwn(fields, name) ? fields[name] : undefined, value, `${path}.${name}`),
  );
}
