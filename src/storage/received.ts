import { AppError } from '../platform/errors.ts';
import { FileTooLarge, type Spool, type SpooledFile } from './spool.ts';

/** What people are told about the files that they send. */

/** Keeps a file for a moment. Throws `body-too-large` if it has more bytes. */
export async function receiveFile(
  spool: Spool,
  source: Parameters<Spool['receive']>[0],
  maxBytes: number,
): Promise<SpooledFile> {
  try {
    return await spool.receive(source, { maxBytes });
  } catch (error) {
    throw error instanceof FileTooLarge ? fileTooLarge(maxBytes) : error;
  }
}

export const fileTooLarge = (maxBytes: number, what = 'The file'): AppError =>
  new AppError('body-too-large', `${what} must have at most ${maxBytes} bytes.`);

export const fileEmpty = (): AppError =>
  new AppError('invalid-input', 'The file is empty.', {
    errors: [{ path: 'body', message: 'The file is empty.' }],
  });
