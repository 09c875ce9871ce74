import { AppError } from '../platform/errors.ts';
import type { Types } from 'mongoose';
import type { RequestInfo } from './route.ts';

/** The version of a document as a strong validator (RFC 9110). */
export const etagOf = (version: number): string => `"${version}"`;

/**
 * The version that the caller's change is based on, from `If-Match`; undefined if the header is absent or `*`, which
 * accepts any version.
 */
function expectedVersion(request: RequestInfo): number | undefined {
  const header = request.header('if-match');
  if (header === undefined || header === '*') return undefined;
  const version = /^"(\d{1,15})"$/.exec(header)?.[1];
  if (version !== undefined) return Number(version);
  throw new AppError('invalid-input', 'The If-Match header is not a valid ETag.', {
    errors: [
      { path: 'headers.if-match', message: 'Pass the ETag of the response that you read, unchanged.' },
    ],
  });
}

/** The object of a path and the version that the caller's change is based on. */
export const refOf = (id: Types.ObjectId, request: RequestInfo) => ({
  id,
  version: expectedVersion(request),
});
