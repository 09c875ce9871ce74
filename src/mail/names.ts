import { cleanName } from '../platform/text.ts';

/** Names in mails. Strangers choose them, so a name must not become a link, a line or a message of its own. Pure. */

const maxNameLength = 40;

/** Longer than any stored name; bounds the work. */
const maxRead = 200;

/** What mail programs take for a phone number and turn into a link. */
const phoneNumber = /[+＋]?\p{Nd}(?:[\s().\-‐-―/]*\p{Nd}){6,}/gu;

/** Signs of addresses and mark-up, and the quotes that enclose a name. */
const signs = /[@＠﹫\\＼<>[\]{}|`"“”„‟«»:：﹕︓]|[/／]{2,}/gu;

/** A dot of any script inside a word, as in "example.com". The dots of "J. R. Roe" and "S.p.A." stay. */
const innerDot = /[.․。．｡﹒](?![\s,)]|$)(?!\p{L}(?:[.\s]|$))/gu;

/**
 * The name as one short line without anything that a mail program turns into a link: dots inside words, `@`, `:` and
 * phone numbers become blanks. Undefined if nothing readable is left.
 */
export function nameForMail(name: string): string | undefined {
  const plain = cleanName(name, maxRead)
    // Invisible joiners between a dot and a letter would hide the link from these rules, but not from every mail program.
    ?.replaceAll(/[\u200C\u200D]/g, '')
    .replaceAll(signs, ' ')
    .replaceAll(innerDot, ' ')
    .replaceAll(phoneNumber, ' ');
  const whole = plain === undefined ? undefined : cleanName(plain, maxRead);
  const short = whole === undefined ? undefined : cleanName(whole, maxNameLength);
  if (short === undefined || !/[\p{L}\p{N}]/u.test(short)) return undefined;
  return short === whole ? short : `${short}…`;
}
