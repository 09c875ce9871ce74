import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpAnswer } from './graph-api.ts';

/** `text` is what was read; a body over the limit is read on for a while, so that the refusal reaches the caller. */
export interface ReadBody {
  readonly text: string;
  readonly isTooLarge: boolean;
}

const PATIENCE_FACTOR = 8;

/** Reads the body up to the limit; rejects when the caller goes away before the end. */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<ReadBody> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else chunks = [];
      if (size > limitBytes * PATIENCE_FACTOR) resolve({ text: '', isTooLarge: true });
    });
    request.on('end', () => {
      const isTooLarge = size > limitBytes;
      resolve({ text: isTooLarge ? '' : Buffer.concat(chunks).toString('utf8'), isTooLarge });
    });
    request.on('error', reject);
    request.on('close', () => {
      reject(new Error('the caller went away'));
    });
  });
}

/** Sends the answer, or cuts the connection when there is none. A text body goes out as it is. */
export function sendAnswer(response: ServerResponse, answer: HttpAnswer | null): void {
  if (answer === null) {
    response.socket?.destroy();
    return;
  }
  if (response.destroyed) return;
  const isText = typeof answer.body === 'string';
  const bytes = Buffer.from(isText ? String(answer.body) : JSON.stringify(answer.body));
  response.writeHead(answer.status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=UTF-8',
    'content-length': bytes.length,
    ...(answer.status === 413 ? { connection: 'close' } : {}),
    ...answer.headers,
  });
  response.end(bytes);
}

/** Undefined when the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
