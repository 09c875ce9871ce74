import { createHash } from 'node:crypto';
import type { RenderedReply } from './reply.ts';
import type { AnyRoute, RequestInfo } from './route.ts';

/**
 * Whether 200 answers of the route have a fingerprint of their body as `ETag`, so that a screen that asks again with
 * `If-None-Match` gets 304 if nothing has changed (RFC 9110, 13.1.2). Routes that send a version keep that: it is for
 * `If-Match`, and a body may change without it. Files have the hash of their bytes.
 */
export const isFingerprinted = ({ method, access, sendsETag, sendsFile, stream }: AnyRoute): boolean =>
  method === 'get' && access !== 'public' && sendsETag !== true && sendsFile !== true && stream === undefined;

/** Adds the fingerprint to the answer, which becomes 304 if the caller has it already. */
export function answerUnchanged(route: AnyRoute, request: RequestInfo, reply: RenderedReply): RenderedReply {
  if (reply.text === null || reply.status !== 200 || !isFingerprinted(route)) return reply;
  const etag = `W/"${createHash('sha256').update(reply.text).digest('base64url')}"`;
  const headers = { ...reply.headers, ETag: etag };
  return names(request.header('if-none-match'), etag)
    ? { status: 304, headers, text: null }
    : { ...reply, headers };
}

/**
 * Not by Koa's `fresh`, which ignores the header if the request says `no-cache`: every `fetch` that sets the header says
 * so. No fingerprint contains a comma.
 */
const names = (header: string | undefined, etag: string): boolean =>
  header !== undefined && header.split(',').some((each) => each.trim() === '*' || each.trim() === etag);
