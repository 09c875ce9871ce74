import { createHmac } from 'node:crypto';

// Meta escapes more than JSON requires, and signs the escaped form. A receiver that checks the signature over
// re-serialised JSON therefore fails here exactly as it would in production.
const ESCAPED_CHARACTERS = /[\u0080-\uffff@<%/]/g;

const escapeCharacter = (character: string): string =>
  character === '/' ? '\\/' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The bytes that Meta sends: JSON in pure ASCII, `\uXXXX` in lower-case hex, `/` as `\/`. */
export const encodeLikeMeta = (value: unknown): Buffer =>
  Buffer.from(JSON.stringify(value).replace(ESCAPED_CHARACTERS, escapeCharacter), 'latin1');

/** The value of `X-Hub-Signature-256` for these bytes. */
export const signBytes = (bytes: Buffer, appSecret: string): string =>
  `sha256=${createHmac('sha256', appSecret).update(bytes).digest('hex')}`;
