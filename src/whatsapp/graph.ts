import type { IncomingHttpHeaders } from 'node:http';
import { Pool } from 'undici';
import { z } from 'zod';
import type { RejectedError, UsageHeaders } from './gateway.ts';
import { maskDigits } from './payload.ts';

export interface GraphOptions {
  /** Origin of the Graph API, without version: `https://graph.facebook.com`. */
  readonly apiUrl: string;
  /** Graph version: `v25.0`. */
  readonly apiVersion: string;
  readonly timeoutMs: number;
  readonly connections: number;
}

export interface GraphRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Behind the version, with its query: `/1000/messages`. */
  readonly path: string;
  readonly accessToken: string;
  readonly body?: object;
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly usage?: UsageHeaders;
  readonly text: string;
}

export interface GraphClient {
  /** One HTTP call with its whole answer; throws when there is none. */
  request(request: GraphRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** Meta's Graph API over one keep-alive connection pool. */
export function createGraphClient(options: GraphOptions): GraphClient {
  const { origin, pathname } = new URL(options.apiUrl);
  const basePath = `${pathname.replace(/\/$/, '')}/${options.apiVersion}`;
  const pool = new Pool(origin, {
    connections: options.connections,
    pipelining: 1,
    connectTimeout: Math.min(options.timeoutMs, 5_000),
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
  });
  return {
    async request({ method, path, accessToken, body }) {
      const {
        statusCode,
        headers,
        body: answer,
      } = await pool.request({
        method,
        path: `${basePath}${path}`,
        headers: {
          authorization: `Bearer ${accessToken}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return {
        status: statusCode,
        retryAfter: headerText(headers['retry-after']),
        ...usageOf(headers),
        text: await answer.text(),
      };
    },
    close: () => pool.close(),
  };
}

const usageNames = ['x-business-use-case-usage', 'x-app-usage'] as const;

/** Meta sends the one, the other, or both, by what the call counts for. */
function usageOf(headers: IncomingHttpHeaders): Pick<HttpAnswer, 'usage'> {
  const found = usageNames.flatMap((name) => {
    const value = headerText(headers[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  return found.length === 0 ? {} : { usage: Object.fromEntries(found) };
}

const headerText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

/**
 * The code decides; what comes beside it may have any shape without hiding it. `error_data` is an object with
 * `details`, or plain text: both are seen in the field.
 */
const GraphError = z.object({
  error: z.object({
    code: z.number(),
    message: z.string().optional().catch(undefined),
    error_subcode: z.number().optional().catch(undefined),
    is_transient: z.boolean().optional().catch(undefined),
    error_user_msg: z.string().optional().catch(undefined),
    error_data: z
      .union([z.string(), z.object({ details: z.string().optional() })])
      .optional()
      .catch(undefined),
  }),
});

/** Meta's own error in a body; null when the body has none, so that somebody else may have answered. */
export function readGraphError(json: unknown, httpStatus: number): RejectedError | null {
  const parsed = GraphError.safeParse(json);
  if (!parsed.success) return null;
  const { error } = parsed.data;
  const data = error.error_data;
  const detail = typeof data === 'string' ? data : (data?.details ?? '');
  return {
    code: error.code,
    httpStatus,
    title: maskDigits(error.message ?? ''),
    detail: maskDigits(detail),
    ...(error.error_subcode === undefined ? {} : { subcode: error.error_subcode }),
    ...(error.is_transient === undefined ? {} : { isTransient: error.is_transient }),
    ...(error.error_user_msg === undefined ? {} : { userMessage: maskDigits(error.error_user_msg) }),
  };
}

/** A refusal that never reached Meta's own code: 429 and 4xx from something on the way. */
export const unexplained = (httpStatus: number): RejectedError => ({
  code: httpStatus,
  httpStatus,
  title: httpStatus === 429 ? 'Too many requests' : 'Refused without an explanation',
  detail: '',
});

/** The failures in which no byte of the request can have reached the provider. */
const notReachedCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export const isNotReached = (code: string): boolean => notReachedCodes.has(code);

export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  // A name with several addresses fails as an AggregateError: each of its errors has the same meaning for us.
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? error.name : errorCode(error.cause);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // Not JSON is an answer like any other: it is judged by its status.
  }
}

/** `Retry-After` in whole seconds (RFC 9110); Meta does not send the date form. */
export const parseRetryAfterMs = (value: string | undefined): number | undefined =>
  value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1_000 : undefined;
