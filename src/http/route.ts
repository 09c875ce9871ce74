import type { ServerResponse } from 'node:http';
import type { Types } from 'mongoose';
import type { z } from 'zod';
import type { ProblemCode } from '../platform/errors.ts';
import type { IncomingFile, ServedFile } from './files.ts';

/** The authenticated caller, from a verified access token; never from the body. */
export interface Actor {
  readonly userId: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly role: Role;
  readonly isOperator: boolean;
  readonly sessionId: string;
  /** When the access token ends. */
  readonly accessEndsAt: Date;
  /** Set while an operator acts in a client that is not theirs; `userId` is then no user of the client. */
  readonly operatorAccessId?: Types.ObjectId;
}

export type Role = 'admin' | 'agent';

/** `public` needs no token; otherwise the roles that may call, or `operator` for platform staff. */
export type Access = 'public' | readonly (Role | 'operator')[];

/**
 * `by-object`: the object that the request creates keeps the key for ever, and the handler answers from it.
 * `by-answer`: the server keeps the answer for a day and repeats it; the handler does not see the key.
 */
export type Idempotency = 'by-object' | 'by-answer';

type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';

/** The schema of each reply's body by status; null for an empty body. Problems (4xx, 5xx) are implied. */
type Replies = Readonly<Record<number, z.ZodType | null>>;

type ParsedBy<S> = S extends z.ZodType ? z.output<S> : undefined;

export interface RequestInfo {
  readonly requestId: string;
  /** The caller's address; TRUSTED_PROXIES decides how far `X-Forwarded-For` is believed. */
  readonly ip: string;
  readonly userAgent: string;
  header(name: string): string | undefined;
  cookie(name: string): string | undefined;
}

export interface Reply<R extends Replies> {
  readonly status: keyof R & number;
  readonly body?: unknown;
  /** In place of a body; for routes with `sendsFile`. */
  readonly file?: ServedFile;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly SetCookie[];
  /** Writes the body of a route that declares `stream`, bit by bit, and ends it. */
  readonly stream?: (output: ServerResponse) => void;
}

/** A cookie to set; a null value clears it. */
export interface SetCookie {
  readonly name: string;
  readonly value: string | null;
  readonly path: string;
  readonly maxAgeMs?: number;
}

export interface NamedExample {
  readonly summary: string;
  readonly value: unknown;
}

export interface RouteDefinition<
  A extends Access = Access,
  P extends z.ZodType | undefined = z.ZodType | undefined,
  Q extends z.ZodType | undefined = z.ZodType | undefined,
  B extends z.ZodType | undefined = z.ZodType | undefined,
  R extends Replies = Replies,
> {
  readonly method: Method;
  /** As in @koa/router: `/api/messages/:id`. */
  readonly path: string;
  /** A verb and a noun (`listContacts`), unique: it becomes a method of generated clients. */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** Required on every route: there is no default. */
  readonly access: A;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Shown in place of the body's own example where one body has many forms, by name. */
  readonly bodyExamples?: Readonly<Record<string, NamedExample>>;
  /** Whether and how the route honours the `Idempotency-Key` header (1–255 visible ASCII characters). */
  readonly idempotent?: Idempotency;
  /** Whether 2xx responses have an `ETag`. A route that declares `precondition-failed` reads `If-Match`. */
  readonly sendsETag?: boolean;
  /** Whether 2xx responses have the header `Outcome`. */
  readonly sendsOutcome?: boolean;
  /** The body is a file of at most this size, in place of JSON. It is streamed. */
  readonly takesFile?: { readonly maxBytes: number };
  /** The replies with null as schema may be a file. */
  readonly sendsFile?: boolean;
  /** For probes and for links that prove themselves: they do not count against the request limit. */
  readonly isUnlimited?: boolean;
  /** Routes with cookies check Origin and Sec-Fetch-Site. */
  readonly usesCookie?: boolean;
  readonly replies: R;
  /**
   * Of the data of each event, for a route that answers 200 with server-sent events for as long as the client listens; see
   * `Reply.stream`.
   */
  readonly stream?: z.ZodType;
  /** Whether the query field `ticket` may stand for the access token, for browsers that cannot send a header. */
  readonly acceptsTicket?: boolean;
  /** The 4xx problem codes that the route itself can answer, for the documentation. */
  readonly problems?: readonly ProblemCode[];
  handle(input: {
    readonly actor: A extends 'public' ? undefined : Actor;
    readonly params: ParsedBy<P>;
    readonly query: ParsedBy<Q>;
    readonly body: ParsedBy<B>;
    readonly idempotencyKey: string | undefined;
    readonly request: RequestInfo;
    /** Of routes with `takesFile`. */
    readonly file?: IncomingFile;
  }): Promise<Reply<NoInfer<R>>>;
}

/** A route with erased types, for the server and the OpenAPI generator. */
export type AnyRoute = RouteDefinition;

/** Declares one route; the handler's input and reply types follow from the schemas. */
export function route<
  const A extends Access,
  const R extends Replies,
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(definition: RouteDefinition<A, P, Q, B, R>): AnyRoute {
  // The erased handler accepts any input, but the server passes only what this route's schemas produced.
  return definition as unknown as AnyRoute;
}

/** Whether requests to the route count against the caller's limit. */
export const isLimited = ({ path, isUnlimited }: Pick<AnyRoute, 'path' | 'isUnlimited'>): boolean =>
  path.startsWith('/api/') && isUnlimited !== true;
