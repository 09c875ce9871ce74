import type { IncomingHttpHeaders } from 'node:http';
import type { ProblemCode } from '../platform/errors.ts';
import type { BodySender } from './body-pools.ts';
import type { RequestInfo } from './route.ts';

/** A request before its body is read. */
export interface RawHead {
  readonly headers: IncomingHttpHeaders;
  readonly params: Readonly<Record<string, string>>;
  /** The query as sent; a repeated parameter keeps its values in `getAll`. */
  readonly query: URLSearchParams;
  readonly request: RequestInfo;
  /** The declared length of the body; 0 if it has none or does not say. */
  readonly declaredBytes: number;
}

/** The input of a raw handler: the exact bytes, neither parsed nor authenticated. */
export interface RawRequest extends RawHead {
  /** Empty for GET. */
  readonly rawBody: Buffer;
}

export interface RawReply {
  readonly status: number;
  /** A string is sent as it is, an object as JSON. */
  readonly body?: string | object;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A route that reads the bytes itself, because a signature covers exactly the bytes that were sent. It runs before Koa.
 * Throw `AppError` for every refusal.
 */
export interface RawRoute {
  readonly method: 'get' | 'post';
  /** Segments as in @koa/router; only whole-segment parameters (`/webhook/incoming/:channelKey`). */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** A longer body is refused with 413. */
  readonly maxBytes: number;
  readonly documentation: RawDocumentation;
  /**
   * Judges a request with a body before a byte of it is kept: throws if it is refused, or names the sender whose share of
   * the memory it takes. Without it the sender is an anonymous network.
   */
  admit?(head: RawHead): Promise<BodySender>;
  handle(input: RawRequest): Promise<RawReply>;
}

/** The OpenAPI description of a raw route, which has no schemas. */
export interface RawDocumentation {
  readonly parameters?: readonly RawParameter[];
  /** The body of the request; none for GET. */
  readonly request?: { readonly contentType: string; readonly example: unknown };
  /** Replies by status. */
  readonly replies: Readonly<Record<number, RawReplyDescription>>;
  readonly problems?: readonly ProblemCode[];
}

export interface RawReplyDescription {
  readonly description: string;
  readonly contentType?: string;
  readonly example?: string;
}

export interface RawParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description: string;
}
