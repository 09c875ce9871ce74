import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { networkOf } from '../platform/network.ts';
import { problemContentType, type ProblemReplies, toAppError } from './problems.ts';
import { Disconnected, declaredBytes, type Exchange, readBody, tooLarge } from './body.ts';
import type { BodyBudget } from './body-budget.ts';
import type { RawHead, RawReply, RawRoute } from './raw-route.ts';
import { idsOf, reportFailure, type RequestRecord } from './request-record.ts';
import { awaitRestOfBody } from './unread-body.ts';

interface RawDispatcherOptions {
  readonly routes: readonly RawRoute[];
  readonly budget: BodyBudget;
  readonly replyTo: ProblemReplies;
  readonly logger: Logger;
}

/** Serves the request and returns true if its path belongs to a raw route. */
export type RawDispatcher = (
  request: IncomingMessage,
  response: ServerResponse,
  record: RequestRecord,
) => boolean;

interface Match {
  readonly route: RawRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** Serves raw routes without framework or middleware. */
export function createRawDispatcher({
  routes,
  budget,
  replyTo,
  logger,
}: RawDispatcherOptions): RawDispatcher {
  const patterns = routes.map((route) => ({ route, segments: route.path.split('/') }));

  const matchesOf = (path: string): Match[] => {
    const segments = path.split('/');
    return patterns.flatMap(({ route, segments: pattern }) => {
      const params = matchSegments(pattern, segments);
      return params === undefined ? [] : [{ route, params }];
    });
  };

  const fail = async (error: unknown, { request, response }: Exchange, record: RequestRecord) => {
    if (error instanceof Disconnected || response.headersSent) return void response.destroy();
    await awaitRestOfBody(request, response);
    const problem = toAppError(error);
    const { status, headers, document } = replyTo(problem, record.info.requestId);
    reportFailure({ logger, record, code: problem.code, status, cause: problem.cause ?? problem });
    response.writeHead(status, {
      ...headers,
      'Content-Type': problemContentType,
      'Cache-Control': 'no-store',
    });
    response.end(JSON.stringify(document));
  };

  return (request, response, record) => {
    const url = request.url ?? '/';
    const queryAt = url.indexOf('?');
    const matches = matchesOf(queryAt === -1 ? url : url.slice(0, queryAt));
    if (matches.length === 0) return false;
    const method = request.method === 'HEAD' ? 'get' : request.method?.toLowerCase();
    const exchange = { request, response };
    const match = matches.find(({ route }) => route.method === method);
    record.routePath = (match ?? matches[0])?.route.path ?? '';
    if (match === undefined) {
      response.setHeader('Allow', matches.map(({ route }) => route.method.toUpperCase()).join(', '));
      const refusal = new AppError('method-not-allowed', `This path does not support ${request.method}.`);
      void fail(refusal, exchange, record);
      return true;
    }
    record.ids = idsOf(match.params);
    const query = new URLSearchParams(queryAt === -1 ? '' : url.slice(queryAt + 1));
    serve(match, { query, exchange, record, budget })
      .then((reply) => writeRaw(response, reply))
      .catch((error: unknown) => fail(error, exchange, record));
    return true;
  };
}

interface Serving {
  readonly query: URLSearchParams;
  readonly exchange: Exchange;
  readonly record: RequestRecord;
  readonly budget: BodyBudget;
}

async function serve({ route, params }: Match, serving: Serving): Promise<RawReply> {
  const { query, exchange, record, budget } = serving;
  const { request } = exchange;
  const head: RawHead = {
    headers: request.headers,
    params,
    query,
    request: record.info,
    declaredBytes: declaredBytes(request),
  };
  if (route.method === 'get') return route.handle({ ...head, rawBody: Buffer.alloc(0) });
  const { maxBytes } = route;
  if (head.declaredBytes > maxBytes) throw tooLarge(maxBytes);
  assertUncompressed(request.headers);
  const sender = (await route.admit?.(head)) ?? { pool: 'anonymous', key: networkOf(record.info.ip) };
  const { bytes, hold } = await readBody(exchange, { budget, sender, maxBytes });
  try {
    return await route.handle({ ...head, rawBody: bytes });
  } finally {
    hold.release();
  }
}

/** A signature covers the raw bytes, and the provider never compresses: a compressed body is refused, not stored unread. */
function assertUncompressed({ 'content-encoding': encoding = 'identity' }: IncomingHttpHeaders): void {
  if (encoding.trim().toLowerCase() === 'identity') return;
  throw new AppError('unsupported-media-type', 'Send the body without a content encoding.');
}

function writeRaw(response: ServerResponse, { status, body, contentType, headers }: RawReply): void {
  const isText = body === undefined || typeof body === 'string';
  const text = isText ? (body ?? '') : JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': contentType ?? (isText ? 'text/plain; charset=utf-8' : 'application/json'),
    'Content-Length': Buffer.byteLength(text),
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(text);
}

function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const given = segments[index] ?? '';
    if (!expected.startsWith(':')) {
      if (expected !== given) return undefined;
      continue;
    }
    const decoded = decode(given);
    if (decoded === undefined || decoded === '') return undefined;
    params[expected.slice(1)] = decoded;
  }
  return params;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
