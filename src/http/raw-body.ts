import type { IncomingMessage } from 'node:http';
import { AppError } from '../platform/errors.ts';

/** The client went away before its body was complete; there is nobody left to answer. */
export class AbortedUpload extends Error {
  constructor() {
    super('The client went away before the body was complete.');
    this.name = 'AbortedUpload';
  }
}

/**
 * The exact bytes of the body. Beyond `maxBytes` nothing more is kept: the rest is dropped as it comes, so that
 * the client gets to read the refusal, and the server's request time-out bounds how long that may take.
 */
export function readRawBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (settle: () => void) => {
      request.off('data', take).off('end', complete).off('error', abort).off('close', abort);
      settle();
    };
    const refuse = () =>
      finish(() => {
        request.on('error', () => undefined).resume();
        reject(new AppError('body-too-large', `The body is larger than ${maxBytes} bytes.`));
      });
    const take = (chunk: Buffer) => {
      length += chunk.byteLength;
      if (length > maxBytes) return refuse();
      chunks.push(chunk);
    };
    const complete = () =>
      finish(() =>
        resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
      );
    const abort = () => finish(() => reject(new AbortedUpload()));
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return refuse();
    request.on('data', take).on('end', complete).on('error', abort).on('close', abort);
  });
}
