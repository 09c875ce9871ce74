import { AppError } from '../platform/errors.ts';
import type { Types } from 'mongoose';
import type { RequestInfo } from './route.ts';

/** The version of a document as HTTP knows it (RFC 9110, strong validator). */
export const etagOf = (version: number): string => `"${version}"`;

/**
 * The version that the caller's change is based on, from `If-Match`; undefined when the header is absent or `*`,
 * which means: change it whatever it is now.
 */
function expectedVersion(request: RequestInfo): number | undefined {
  const header = request.header('if-match');
  if (header === undefined || header === '*') return undefined;
  const version = /^"(\d{1,15})"$/.exec(header)?.[1];
  if (version !== undefined) return Number(version);
  throw new AppError('invalid-input', 'The If-Match header is not one of our ETags.', {
    errors: [
      { path: 'headers.if-match', message: 'Pass the ETag of the answer that you have read, unchanged.' },
    ],
  });
}

/** The object of a path, at the version that the caller's change is based on. */
export const refOf = (id: Types.ObjectId, request: RequestInfo) => ({
  id,
  version: expectedVersion(request),
});
