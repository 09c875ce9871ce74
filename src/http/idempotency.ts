import type { Types } from 'mongoose';
import { canonicalJson } from '../platform/canonical-json.ts';
import { sha256Hex } from '../platform/ids.ts';
import type { RenderedReply } from './reply.ts';
import type { Actor, AnyRoute, RequestInfo } from './route.ts';
import type { ParsedInput } from './validation.ts';

/** A request that can be told from others with the same key. */
export interface KeyedRequest {
  readonly clientId: Types.ObjectId;
  /** The operationId of the route. */
  readonly route: string;
  readonly key: string;
  /** Equal for requests of one user with equal path, query, body and `If-Match`: what is one's own depends on who asks. */
  readonly hash: string;
}

/**
 * Answers a request once: runs `work` for the first request with the key and repeats its reply for later ones. Throws
 * `idempotency-key-reused`, `request-in-progress` or `answer-lost`. If `work` throws a problem, the key is free again; so
 * it is after any other error, unless a transaction was committed.
 */
export type AnswerOnce = (
  request: KeyedRequest,
  work: () => Promise<RenderedReply>,
) => Promise<RenderedReply>;

/** A route table that cannot keep its promise: found when the server is made. */
export function assertAnswersCanBeKept(route: AnyRoute): void {
  if (route.idempotent !== 'by-answer') return;
  if (route.access === 'public' || route.usesCookie === true)
    throw new Error(`${route.operationId}: an answer is kept for a client, and without cookies.`);
}

interface Request {
  readonly input: ParsedInput;
  readonly actor: Actor | undefined;
  readonly info: RequestInfo;
}

/** The request whose answer is kept; null if it names no key, or its object keeps it. */
export function keyedRequestOf(route: AnyRoute, { input, actor, info }: Request): KeyedRequest | null {
  const { idempotencyKey: key, params, query, body } = input;
  if (route.idempotent !== 'by-answer' || key === undefined || actor === undefined) return null;
  const by = actor.userId.toHexString();
  const hash = sha256Hex(canonicalJson({ by, params, query, body, ifMatch: info.header('if-match') }));
  return { clientId: actor.clientId, route: route.operationId, key, hash };
}
