import type { JsonSchema } from './openapi-normalise.ts';
import { type AnyRoute, isLimited } from './route.ts';
import { isFingerprinted } from './unchanged.ts';

/** The headers of requests and responses; operations refer to them as components. */

const text = (description: string, example: string): JsonSchema => ({
  description,
  schema: { type: 'string' },
  example,
});

export const responseHeaders = {
  'X-Request-Id': text(
    'The id of the request; log lines and problems carry it',
    'b7e0c5c2-3f0e-4b63-9a52-8f2f1f1c8d11',
  ),
  'RateLimit-Policy': text(
    'The limit of requests: `q` requests in `w` seconds. Absent if the server sets no limit',
    '"default";q=600;w=60',
  ),
  RateLimit: text(
    'The rest of the limit: `r` requests until the limit resets in `t` seconds. Absent if the server sets no limit',
    '"default";r=599;t=60',
  ),
  'Retry-After': {
    description: 'Seconds to wait before trying again',
    schema: { type: 'integer', minimum: 0 },
    example: 5,
  },
  'WWW-Authenticate': text('How to authenticate', 'Bearer realm="whatsapp-crm"'),
  Location: { description: 'The path of the new resource', schema: { type: 'string' } },
  ETag: text(
    'The version of the resource, for `If-Match`; of a list, a fingerprint for `If-None-Match`',
    '"3"',
  ),
  Outcome: text('What became of a request that is never refused for what became of it', 'shown'),
  'Accept-Ranges': text('The unit of parts that `Range` may name', 'bytes'),
  'Content-Range': text(
    'Which part of the file this is, and the length of the whole file',
    'bytes 0-1023/48211',
  ),
  'Content-Disposition': text(
    'Saves the file under its name instead of showing it',
    'attachment; filename="receipt.pdf"',
  ),
} as const satisfies Readonly<Record<string, JsonSchema>>;

export type ResponseHeader = keyof typeof responseHeaders;

export const requestHeaders = {
  'X-Request-Id': {
    name: 'X-Request-Id',
    in: 'header',
    required: false,
    description:
      'Your own id for the request, 1 to 128 letters, digits and `._-`; without it the server generates one',
    schema: { type: 'string' },
  },
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'Makes the request safe to repeat: the same key and body get the same answer, the same key with another body gets ' +
      '422. A refused request leaves its key free. Messages keep their keys for ever, other answers are kept for 24 hours',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
    example: 'order-1042-shipped',
  },
  'If-Match': {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'The `ETag` of the version that the change is based on. Without it the last write wins',
    schema: { type: 'string', pattern: '^(\\*|"\\d{1,15}")$' },
    example: '"3"',
  },
  Range: {
    name: 'Range',
    in: 'header',
    required: false,
    description: 'One part of the file (RFC 9110): `bytes=0-1023`, `bytes=1024-` or `bytes=-500`',
    schema: { type: 'string', maxLength: 100 },
    example: 'bytes=0-1023',
  },
  'If-None-Match': {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description: 'The `ETag` of an earlier answer: 304 without a body if the answer would be the same',
    schema: { type: 'string' },
    example: 'W/"EbX3cOyTfxAxd3kS-HMgpqF8Bh6pVH9AfqzJTdO0m8k"',
  },
} as const satisfies Readonly<Record<string, JsonSchema>>;

type RequestHeader = keyof typeof requestHeaders;

export const requestHeaderReference = (name: RequestHeader): JsonSchema => ({
  $ref: `#/components/parameters/${name}`,
});

export const headerReferences = (names: readonly ResponseHeader[]): Record<string, JsonSchema> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** A route that declares `precondition-failed` reads `If-Match`. */
const readsIfMatch = (entry: AnyRoute): boolean => entry.problems?.includes('precondition-failed') === true;

/** A file that is written for the answer is not asked for in parts. */
const sendsStoredFile = ({ sendsFile, replies }: AnyRoute): boolean => sendsFile === true && 206 in replies;

export const requestHeadersOf = (entry: AnyRoute): RequestHeader[] => [
  ...(entry.idempotent !== undefined ? (['Idempotency-Key'] as const) : []),
  ...(readsIfMatch(entry) ? (['If-Match'] as const) : []),
  ...(isFingerprinted(entry) ? (['If-None-Match'] as const) : []),
  ...(sendsStoredFile(entry) ? (['Range', 'If-None-Match'] as const) : []),
  'X-Request-Id',
];

/** On every response of the route. */
export const commonHeadersOf = (entry: AnyRoute): ResponseHeader[] => [
  'X-Request-Id',
  ...(isLimited(entry) ? (['RateLimit-Policy', 'RateLimit'] as const) : []),
];

/** On 2xx responses only. */
export const successHeadersOf = (entry: AnyRoute, status: number): ResponseHeader[] => [
  ...(status === 201 ? (['Location'] as const) : []),
  ...(entry.sendsETag === true || isFingerprinted(entry) ? (['ETag'] as const) : []),
  ...(entry.sendsOutcome === true ? (['Outcome'] as const) : []),
  ...(entry.sendsFile === true ? (['Content-Disposition'] as const) : []),
  ...(sendsStoredFile(entry) ? (['ETag', 'Accept-Ranges'] as const) : []),
  ...(entry.sendsFile === true && status === 206 ? (['Content-Range'] as const) : []),
];
