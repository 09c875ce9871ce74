import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import { AppError } from '../platform/errors.ts';
import { declaredBytes, Disconnected, expectsContinue, tooLarge } from './body.ts';

/** Routes whose body, or whose answer, is a file: streamed, and never whole in memory. */

/** A file as an answer. The server destroys the stream if nobody reads it. */
export interface ServedFile {
  readonly stream: Readable;
  /** The bytes that the stream has. */
  readonly bytes: number;
  readonly contentType: string;
}

/** A file as the body of a request. */
export interface IncomingFile {
  /** The `Content-Type` of the request. */
  readonly contentType: string | undefined;
  /**
   * Asks the client for the bytes. The caller reads or destroys the stream; it fails with `Disconnected` if the client
   * leaves. The request itself stays open for an answer.
   */
  open(): Readable;
}

/**
 * The file in the body of the request. Throws `body-too-large` if the declared length says so, and `unsupported-media-type`
 * for a compressed body and for a form.
 */
export function incomingFileOf({ req: request, res: response }: Context, maxBytes: number): IncomingFile {
  if (declaredBytes(request) > maxBytes) throw tooLarge(maxBytes);
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity')
    throw new AppError('unsupported-media-type', 'Send the file without a content encoding.');
  if (request.headers['content-type']?.trim().toLowerCase().startsWith('multipart/'))
    throw new AppError(
      'unsupported-media-type',
      'The body is a form. Send the file alone as the body, and its name as ?filename=.',
    );
  return {
    contentType: request.headers['content-type'],
    open() {
      if (expectsContinue(request)) response.writeContinue();
      // Not the request itself: destroying that would cut the connection, and with it the answer.
      const stream = new PassThrough();
      const leave = (): void => void stream.destroy(new Disconnected());
      request.once('close', () => {
        if (!request.complete) leave();
      });
      request.once('error', leave);
      stream.once('close', () => request.unpipe(stream));
      if (request.destroyed && !request.complete) leave();
      else request.pipe(stream);
      return stream;
    },
  };
}

/** Writes the file as the body. A storage that fails in the middle cuts the connection: a short file must not look whole. */
export function writeFile(context: Context, { stream, bytes, contentType }: ServedFile): void {
  stream.once('error', () => context.res.destroy());
  context.body = stream;
  context.type = contentType;
  context.length = bytes;
}
