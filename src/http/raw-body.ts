import type { IncomingMessage } from 'node:http';
import { AppError } from '../platform/errors.ts';

/** The client disconnected before its body was complete, so no response can be sent. */
export class AbortedUpload extends Error {
  constructor() {
    super('The client disconnected before the body was complete.');
    this.name = 'AbortedUpload';
  }
}

/**
 * Reads the exact bytes of the body; throws `body-too-large` beyond `maxBytes`. It then reads and drops the rest, so that
 * the client can read the refusal; the server's request time-out bounds that.
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
