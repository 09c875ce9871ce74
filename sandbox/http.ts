import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpAnswer } from './graph-api.ts';

/** A body over the limit is empty. Reading continues for a while, so that the refusal reaches the caller. */
export interface ReadBytes {
  readonly bytes: Buffer;
  readonly isTooLarge: boolean;
}

export interface ReadBody {
  readonly text: string;
  readonly isTooLarge: boolean;
}

const MAX_READ_FACTOR = 8;

/** Reads the body up to the limit; rejects if the caller disconnects before the end. */
export function readBytes(request: IncomingMessage, limitBytes: number): Promise<ReadBytes> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else chunks = [];
      if (size > limitBytes * MAX_READ_FACTOR) resolve({ bytes: Buffer.alloc(0), isTooLarge: true });
    });
    request.on('end', () => {
      const isTooLarge = size > limitBytes;
      resolve({ bytes: isTooLarge ? Buffer.alloc(0) : Buffer.concat(chunks), isTooLarge });
    });
    request.on('error', reject);
    request.on('close', () => {
      reject(new Error('the caller disconnected'));
    });
  });
}

export async function readBody(request: IncomingMessage, limitBytes: number): Promise<ReadBody> {
  const { bytes, isTooLarge } = await readBytes(request, limitBytes);
  return { text: bytes.toString('utf8'), isTooLarge };
}

/** Texts and bytes are sent unchanged, everything else as JSON. */
function encode(body: unknown): { readonly type: string; readonly bytes: Buffer } {
  if (Buffer.isBuffer(body)) return { type: 'application/octet-stream', bytes: body };
  if (typeof body === 'string') return { type: 'text/plain; charset=utf-8', bytes: Buffer.from(body) };
  return { type: 'application/json; charset=UTF-8', bytes: Buffer.from(JSON.stringify(body)) };
}

/** Sends the answer, or cuts the connection if it is null. */
export function sendAnswer(response: ServerResponse, answer: HttpAnswer | null): void {
  if (answer === null) {
    response.socket?.destroy();
    return;
  }
  if (response.destroyed) return;
  const { type, bytes } = encode(answer.body);
  response.writeHead(answer.status, {
    'content-type': type,
    'content-length': bytes.length,
    ...(answer.status === 413 ? { connection: 'close' } : {}),
    ...answer.headers,
  });
  response.end(bytes);
}

/**
 * The fields of a body: JSON, or a form whose values may be JSON texts, as Meta's own clients send them. Undefined if the
 * text is neither.
 */
export function parseFields(text: string, contentType: string): unknown {
  if (!/^application\/x-www-form-urlencoded\b/i.test(contentType)) return parseJson(text);
  const fields = [...new URLSearchParams(text)].map(([name, value]): [string, unknown] => {
    const parsed = /^[[{]|^(?:true|false|null|-?\d+)$/.test(value) ? parseJson(value) : undefined;
    return [name, typeof parsed === 'number' || parsed === undefined ? value : parsed];
  });
  return Object.fromEntries(fields);
}

/** Undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
