import type { IncomingHttpHeaders } from 'node:http';
import { Pool, type Dispatcher } from 'undici';
import { z } from 'zod';
import type { RejectedError, UsageHeaders } from './gateway.ts';
import { errorText } from './payload.ts';

export interface GraphOptions {
  /** The origin of the Graph API, without version: `https://graph.facebook.com`. */
  readonly apiUrl: string;
  /** Graph version: `v25.0`. */
  readonly apiVersion: string;
  readonly timeoutMs: number;
  readonly connections: number;
}

export interface GraphRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** The path after the version, with its query: `/1000/messages`. */
  readonly path: string;
  readonly accessToken: string;
  readonly body?: object;
  /** The last moment at which the first byte may leave, by `performance.now()`. */
  readonly beginByMs?: number;
  /** Shorter than that of the client. */
  readonly timeoutMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly usage?: UsageHeaders;
  readonly text: string;
}

export interface GraphClient {
  /** One HTTP call; throws if there is no complete response. */
  request(request: GraphRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** A client of Meta's Graph API with one keep-alive connection pool. */
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
    async request({ method, path, accessToken, body, beginByMs, timeoutMs }) {
      const dispatcher = beginByMs === undefined ? pool : pool.compose(refuseLate(beginByMs));
      const {
        statusCode,
        headers,
        body: answer,
      } = await dispatcher.request({
        method,
        path: `${basePath}${path}`,
        headers: {
          authorization: `Bearer ${accessToken}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(timeoutMs === undefined ? {} : { headersTimeout: timeoutMs, bodyTimeout: timeoutMs }),
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

class BegunTooLate extends Error {
  override readonly name = 'BegunTooLate';
  readonly code = 'BEGUN_TOO_LATE';
}

/**
 * Aborts a request that waited too long for a connection. undici reports the start of a request right before it writes the
 * first byte, and writes none of an aborted request.
 */
const refuseLate =
  (beginByMs: number): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) =>
    dispatch(options, {
      onRequestStart(controller, context) {
        if (performance.now() > beginByMs) controller.abort(new BegunTooLate('The request waited too long.'));
        else handler.onRequestStart?.(controller, context);
      },
      onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
      onResponseStart: (...args) => handler.onResponseStart?.(...args),
      onResponseData: (...args) => handler.onResponseData?.(...args),
      onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
      onResponseError: (...args) => handler.onResponseError?.(...args),
    });

const usageNames = ['x-business-use-case-usage', 'x-app-usage'] as const;

/** Meta sends one or both, depending on the limits that the call counts against. */
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
 * Only `code` is required; other fields may have any shape without hiding it. Meta sends `error_data` as an object with
 * `details` or as plain text.
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

/** Meta's error object in a body; null if there is none, in which case a proxy may have answered. */
export function readGraphError(json: unknown, httpStatus: number): RejectedError | null {
  const parsed = GraphError.safeParse(json);
  if (!parsed.success) return null;
  const { error } = parsed.data;
  const data = error.error_data;
  const detail = typeof data === 'string' ? data : (data?.details ?? '');
  return {
    code: error.code,
    httpStatus,
    title: errorText(error.message ?? ''),
    detail: errorText(detail),
    ...(error.error_subcode === undefined ? {} : { subcode: error.error_subcode }),
    ...(error.is_transient === undefined ? {} : { isTransient: error.is_transient }),
    ...(error.error_user_msg === undefined ? {} : { userMessage: errorText(error.error_user_msg) }),
  };
}

/** A 4xx without Meta's error object: a refusal by a proxy. */
export const unexplained = (httpStatus: number): RejectedError => ({
  code: httpStatus,
  httpStatus,
  title: httpStatus === 429 ? 'Too many requests' : 'Refused without an explanation',
  detail: '',
});

export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  // A host with several addresses fails with an AggregateError; any of its errors will do.
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? error.name : errorCode(error.cause);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // The caller then judges the response by its status.
  }
}

/** `Retry-After` in whole seconds (RFC 9110); Meta does not send the date form. */
export const parseRetryAfterMs = (value: string | undefined): number | undefined =>
  value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1_000 : undefined;
