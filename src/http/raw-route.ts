import type { IncomingHttpHeaders } from 'node:http';
import type { ProblemCode } from '../platform/errors.ts';
import type { RequestInfo } from './route.ts';

/** What a raw handler gets: the exact bytes, nothing parsed, nobody authenticated. */
export interface RawRequest {
  readonly headers: IncomingHttpHeaders;
  readonly params: Readonly<Record<string, string>>;
  /** The query as sent; a repeated parameter keeps its values in `getAll`. */
  readonly query: URLSearchParams;
  /** Empty for GET. */
  readonly rawBody: Buffer;
  readonly request: RequestInfo;
}

export interface RawReply {
  readonly status: number;
  /** A string is sent as it is, an object as JSON. */
  readonly body?: string | object;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A route that reads the bytes itself: a signature covers exactly what was sent, and parsing would lose that.
 * It runs before Koa with as little as possible around it. Throw `AppError` for every refusal.
 */
export interface RawRoute {
  readonly method: 'get' | 'post';
  /** Segments as in @koa/router; only whole-segment parameters (`/webhook/incoming/:channelKey`). */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** A longer body is refused with 413 and not read to its end. */
  readonly maxBytes: number;
  readonly documentation: RawDocumentation;
  handle(input: RawRequest): Promise<RawReply>;
}

/** What OpenAPI says about a raw route, for which no schemas exist. */
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
