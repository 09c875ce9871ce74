import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { problemContentType, type ProblemReplies, toAppError } from './problems.ts';
import { AbortedUpload, readRawBody } from './raw-body.ts';
import type { RawReply, RawRoute } from './raw-route.ts';
import { idsOf, reportFailure, type RequestRecord } from './request-record.ts';

interface RawDispatcherOptions {
  readonly routes: readonly RawRoute[];
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
export function createRawDispatcher({ routes, replyTo, logger }: RawDispatcherOptions): RawDispatcher {
  const patterns = routes.map((route) => ({ route, segments: route.path.split('/') }));

  const matchesOf = (path: string): Match[] => {
    const segments = path.split('/');
    return patterns.flatMap(({ route, segments: pattern }) => {
      const params = matchSegments(pattern, segments);
      return params === undefined ? [] : [{ route, params }];
    });
  };

  const fail = (error: unknown, response: ServerResponse, record: RequestRecord): void => {
    if (error instanceof AbortedUpload || response.headersSent) return void response.destroy();
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
    const match = matches.find(({ route }) => route.method === method);
    record.routePath = (match ?? matches[0])?.route.path ?? '';
    if (match === undefined) {
      response.setHeader('Allow', matches.map(({ route }) => route.method.toUpperCase()).join(', '));
      fail(
        new AppError('method-not-allowed', `This path does not support ${request.method}.`),
        response,
        record,
      );
      return true;
    }
    record.ids = idsOf(match.params);
    const query = new URLSearchParams(queryAt === -1 ? '' : url.slice(queryAt + 1));
    serve(match, query, request, record)
      .then((reply) => writeRaw(response, reply))
      .catch((error: unknown) => fail(error, response, record));
    return true;
  };
}

async function serve(
  { route, params }: Match,
  query: URLSearchParams,
  request: IncomingMessage,
  record: RequestRecord,
): Promise<RawReply> {
  const rawBody = route.method === 'get' ? Buffer.alloc(0) : await readRawBody(request, route.maxBytes);
  return route.handle({ headers: request.headers, params, query, rawBody, request: record.info });
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
