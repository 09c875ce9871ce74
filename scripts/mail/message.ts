/** A caught mail, decoded. */
export interface CaughtMail {
  readonly id: string;
  readonly at: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

type Content = Pick<CaughtMail, 'subject' | 'text'>;

/**
 * Decodes the subject and text of a mail with one text part, the only kind that this product sends. Anything else is
 * shown undecoded.
 */
export function readMail(raw: Buffer): Content {
  const source = raw.toString('latin1').replaceAll('\r\n', '\n');
  const headEnd = source.indexOf('\n\n');
  const head = headEnd === -1 ? source : source.slice(0, headEnd);
  const body = headEnd === -1 ? '' : source.slice(headEnd + 2);
  const headers = readHeaders(head);
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase() ?? '7bit';
  return { subject: decodeWords(headers.get('subject') ?? ''), text: decodeBody(body, encoding).trimEnd() };
}

function readHeaders(head: string): ReadonlyMap<string, string> {
  // A line that starts with a blank continues the line before it.
  const lines = head.replace(/\n[ \t]+/g, ' ').split('\n');
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

function decodeBody(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  const bytes = encoding === 'quoted-printable' ? unquote(body.replace(/=[ \t]*\n/g, '')) : body;
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Decodes `=C3=A4` to the bytes it stands for, one character each. */
const unquote = (text: string): string =>
  text.replace(/=([0-9A-F]{2})/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Encoded words of RFC 2047: `=?UTF-8?Q?M=C3=BCller?=`. */
const decodeWords = (text: string): string =>
  text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?[^?]+\?([BQ])\?([^?]*)\?=/gi, (_whole, kind: string, value: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(value, 'base64').toString('utf8')
        : Buffer.from(unquote(value.replaceAll('_', ' ')), 'latin1').toString('utf8'),
    );
