import iconv from 'iconv-lite';
import { byteOrderMarkOf, type EncodingName } from './names.ts';

/** Decodes a text that arrives in pieces; what cannot be decoded becomes U+FFFD. */
export interface TextStream {
  write(bytes: Uint8Array): string;
  end(): string;
}

/** Names of WHATWG that the library calls otherwise. */
const libraryNames: Partial<Record<EncodingName, string>> = { macintosh: 'macroman' };

/**
 * The library decodes all but UTF-8: Node's own decoder reads windows-1252 as ISO-8859-1 in some of its releases, and
 * lacks encodings where it is built without them.
 */
export function createTextStream(encoding: EncodingName): TextStream {
  if (encoding === 'utf-8') {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
  }
  const decoder = iconv.getDecoder(libraryNames[encoding] ?? encoding, { stripBOM: false });
  return {
    write: (bytes) => decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
    end: () => decoder.end() ?? '',
  };
}

export const decodeText = (bytes: Uint8Array, encoding: EncodingName): string => {
  const stream = createTextStream(encoding);
  return stream.write(bytes) + stream.end();
};

/** Pieces are cut, so that what one of them becomes in memory is bounded too. */
const maxPieceBytes = 64 * 1024;

export function* piecesOf(chunk: Uint8Array, maxBytes = maxPieceBytes): Generator<Uint8Array> {
  for (let from = 0; from < chunk.length; from += maxBytes) yield chunk.subarray(from, from + maxBytes);
}

/**
 * The file as UTF-8 without a byte order mark. Line breaks stay as they are. Byte offsets in the result are those at
 * which a reader of its rows can resume; offsets in the file itself are not, because another encoding has other lengths.
 */
export async function* toUtf8(
  source: AsyncIterable<Uint8Array>,
  encoding: EncodingName,
): AsyncGenerator<Buffer> {
  const stream = createTextStream(encoding);
  let isBeginning = true;
  const encode = (text: string): Buffer => {
    if (text === '') return Buffer.alloc(0);
    const from = isBeginning && text.startsWith('\uFEFF') ? 1 : 0;
    isBeginning = false;
    return Buffer.from(text.slice(from), 'utf8');
  };
  // A surrogate pair may be torn between two pieces; each half alone would become U+FFFD.
  let held = '';
  const whole = (text: string): string => {
    const joined = held + text;
    const last = joined.charCodeAt(joined.length - 1);
    held = last >= 0xd800 && last <= 0xdbff ? joined.slice(-1) : '';
    return held === '' ? joined : joined.slice(0, -1);
  };
  for await (const chunk of source) {
    for (const piece of piecesOf(chunk)) {
      const bytes = encode(whole(stream.write(piece)));
      if (bytes.length > 0) yield bytes;
    }
  }
  const rest = encode(held + stream.end());
  if (rest.length > 0) yield rest;
}

/** The beginning of a file without its byte order mark, as text. */
export function decodeHead(head: Uint8Array, encoding: EncodingName): string {
  const mark = byteOrderMarkOf(head);
  const from = mark?.encoding === encoding ? mark.length : 0;
  // Without `end`: the last character of the head may be incomplete.
  return createTextStream(encoding).write(head.subarray(from));
}
