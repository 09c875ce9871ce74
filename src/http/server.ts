import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { sleep } from '../platform/clock.ts';
import { bracketed, type Listening, listenOn } from '../platform/listen.ts';
import type { HttpConfig } from './config.ts';
import { AppError, type ProblemTable } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { Authenticate, RedeemTicket } from './authenticate.ts';
import { createBodyBudget, type BodyObserver } from './body-budget.ts';
import { docsPages } from './docs-pages.ts';
import { type HealthCheck, healthRoutes } from './health.ts';
import type { AnswerOnce } from './idempotency.ts';
import { createKoaApp } from './koa-app.ts';
import type { RecordOperatorRequest } from './operator-requests.ts';
import { type ApiDescription, createOpenApiDocument, type OpenApiOptions } from './openapi.ts';
import type { PageRoute, ServedPage } from './page.ts';
import { problemPages } from './problem-pages.ts';
import { createProblemReplies, problemContentType, type ProblemReplies } from './problems.ts';
import { createRawDispatcher } from './raw-dispatcher.ts';
import type { RawRoute } from './raw-route.ts';
import { createRequestRecords, type RequestObserver, type RequestRecord } from './request-record.ts';
import type { AnyRoute } from './route.ts';
import { createPipelineBound } from './pipeline-bound.ts';
import { dropUnreadBody, unreadBodyMs } from './unread-body.ts';
import type { WriteMeter } from './write-meter.ts';

export interface HttpServerOptions {
  readonly about: ApiDescription;
  readonly routes: readonly AnyRoute[];
  readonly rawRoutes?: readonly RawRoute[];
  /** Pages that the API description does not name. */
  readonly extraPages?: readonly ServedPage[];
  readonly authenticate: Authenticate;
  /** For routes that accept a ticket. */
  readonly redeemTicket?: RedeemTicket;
  readonly answerOnce: AnswerOnce;
  readonly meter?: WriteMeter;
  readonly recordOperatorRequest?: RecordOperatorRequest;
  readonly logger: Logger;
  /** Every problem that the routes can answer. */
  readonly problems: ProblemTable;
  readonly config: HttpConfig;
  /** The checks behind /readyz. */
  readonly health: readonly HealthCheck[];
  /** While it is false, every request but those of probes gets 503 `not-ready`. */
  readonly isAccepting?: () => boolean;
  readonly bodies?: BodyObserver;
  readonly requests?: RequestObserver;
  readonly timeouts?: Partial<Timeouts>;
}

/** Time limits for clients; a slower one gets 408. */
export interface Timeouts {
  readonly headersMs: number;
  readonly requestMs: number;
  /** The interval of the check for slow clients. */
  readonly checkIntervalMs: number;
  /** Longer than the usual 60 s of load balancers, so that they close idle connections first. */
  readonly keepAliveMs: number;
  /** How long a client may go on with a body that is already answered. */
  readonly unreadBodyMs: number;
}

export const defaultTimeouts: Timeouts = {
  headersMs: 10_000,
  requestMs: 30_000,
  checkIntervalMs: 2_000,
  keepAliveMs: 65_000,
  unreadBodyMs,
};

export interface CloseOptions {
  /** Time for running requests to finish. */
  readonly graceMs: number;
  /**
   * Time in which /readyz reports "draining" while requests are still served and each response closes its connection, so
   * that load balancers and keep-alive clients move away without a failed request. 0 by default.
   */
  readonly announceMs?: number;
}

export interface HttpServer {
  /** The request listener, for callers with their own server. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** `localhost` means both loopback addresses. */
  listen(port: number, host: string): Promise<{ readonly port: number; readonly url: string }>;
  /** Called when a stop begins, before running requests are waited for: ends what would go on for ever. */
  onDrain(end: () => void): void;
  /** Stops taking requests, finishes the running ones, then closes every connection. Further calls wait for the first. */
  close(options: CloseOptions): Promise<void>;
  /** The document behind /openapi.json; the first call takes half a second. */
  openApi(): Readonly<Record<string, unknown>>;
  /** Every mounted JSON route, for tests. */
  readonly routes: readonly AnyRoute[];
}

/** A page has no method: it is read. */
interface Mounted {
  readonly method?: string;
  readonly path: string;
}

type Phase = 'serving' | 'draining' | 'refusing';

/** Makes an HTTP server from route tables; it can be drained. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { about, config, problems, rawRoutes = [], extraPages = [], isAccepting = () => true } = options;
  const logger = options.logger.child({ part: 'http' });
  let phase: Phase = 'serving';
  const isDraining = () => phase !== 'serving';
  const routes = [...options.routes, ...healthRoutes({ checks: options.health, logger, isDraining })];
  const { pages: described, openApi } = documentationOf({
    about,
    routes,
    rawRoutes,
    problems,
    publicUrl: config.publicUrl,
  });
  const pages = [...described, ...extraPages];
  const replyTo = createProblemReplies({ problems, publicUrl: config.publicUrl });
  const records = createRequestRecords({
    logger,
    trustedProxies: config.trustedProxies,
    observer: options.requests,
  });
  const mounted: readonly Mounted[] = [...routes, ...rawRoutes, ...pages];
  for (const { method = 'get', path } of mounted) options.requests?.mounted(method.toUpperCase(), path);
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const budget = createBodyBudget({
    maxBytes: config.bodyMemoryBytes,
    nowMs: () => performance.now(),
    ...(options.bodies === undefined ? {} : { observer: options.bodies }),
  });
  const app = createKoaApp({ ...options, routes, pages, logger, records, budget, replyTo });
  const serveKoa = app.callback();
  const dispatchRaw = createRawDispatcher({ routes: rawRoutes, budget, replyTo, logger });
  const inFlight = createInFlight();

  const isTooFarAhead = createPipelineBound(logger);

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (isTooFarAhead(request, response)) return;
    const record = records.begin(request, response, inFlight.enter());
    response.setHeader('X-Request-Id', record.info.requestId);
    dropUnreadBody(request, response, timeouts.unreadBodyMs);
    if (isDraining()) response.setHeader('Connection', 'close');
    if (phase === 'refusing') return refuse(draining(), { response, record, replyTo });
    if (!isAccepting() && !isProbe(request)) return refuse(notReady(), { response, record, replyTo });
    if (!dispatchRaw(request, response, record)) void serveKoa(request, response);
  };

  const server = createNodeServer(handle, timeouts);
  let listening: Listening | undefined;
  let closing: Promise<void> | undefined;
  const endings: (() => void)[] = [];
  const drain = async ({ graceMs, announceMs = 0 }: CloseOptions): Promise<void> => {
    phase = 'draining';
    for (const end of endings) end();
    if (announceMs > 0) await sleep(announceMs);
    phase = 'refusing';
    const stopped = listening?.stop();
    await inFlight.untilIdle(graceMs);
    server.closeAllConnections();
    await stopped;
  };
  return {
    handle,
    async listen(port, host) {
      listening = await listenOn(server, port, host);
      return { port: listening.port, url: `http://${bracketed(host)}:${listening.port}` };
    },
    onDrain: (end) => void endings.push(end),
    close: (closeOptions) => (closing ??= drain(closeOptions)),
    openApi,
    routes,
  };
}

/** The documentation pages; one of them is the OpenAPI document, which also describes itself. */
function documentationOf(described: Omit<OpenApiOptions, 'pages'>) {
  const openApi = lazily(() => createOpenApiDocument({ ...described, pages }));
  const text = lazily(() => JSON.stringify(openApi()));
  const openApiPage: PageRoute = {
    path: '/openapi.json',
    operationId: 'getOpenApiDocument',
    summary: 'Get this API as OpenAPI 3.1',
    description: 'Made from the route tables that serve the requests.',
    tag: 'Documentation',
    contentType: 'application/json',
    schema: { type: 'object' },
    example: { openapi: '3.1.0', info: { title: described.about.title, version: described.about.version } },
    handle: async () => ({ body: text() }),
  };
  const pages: readonly PageRoute[] = [
    openApiPage,
    ...docsPages(described.about.title),
    ...problemPages(described.problems, described.routes),
  ];
  return { pages, openApi };
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

function createNodeServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  timeouts: Timeouts,
): Server {
  const server = createServer(
    {
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: timeouts.checkIntervalMs,
      keepAliveTimeout: timeouts.keepAliveMs,
    },
    handle,
  );
  // Without this, Node asks for the body before anything has judged the headers; `readBody` asks for it instead.
  return server.on('checkContinue', handle);
}

const draining = () => new AppError('draining', 'This process is stopping and accepts no more requests.');

const notReady = () =>
  new AppError('not-ready', 'This process waits for its database and accepts no requests yet.', {
    retryAfterSeconds: 5,
  });

/** A process that waits is alive, and says what it waits for. */
const isProbe = ({ url = '' }: IncomingMessage): boolean => /^\/(?:healthz|readyz)(?:\?|$)/.test(url);

interface Refused {
  readonly response: ServerResponse;
  readonly record: RequestRecord;
  readonly replyTo: ProblemReplies;
}

function refuse(error: AppError, { response, record, replyTo }: Refused): void {
  record.problemCode = error.code;
  const { status, headers, document } = replyTo(error, record.info.requestId);
  response.writeHead(status, { ...headers, 'Content-Type': problemContentType, 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(document));
}

/** Counts running requests, so that a stop can wait for them. */
function createInFlight() {
  let count = 0;
  let onIdle: (() => void) | undefined;
  return {
    /** Counts a request; call the returned function when it ends. */
    enter(): () => void {
      count += 1;
      return () => {
        count -= 1;
        if (count === 0) onIdle?.();
      };
    },
    async untilIdle(graceMs: number): Promise<void> {
      if (count === 0) return;
      const stop = new AbortController();
      onIdle = () => stop.abort();
      await sleep(graceMs, stop.signal);
    },
  };
}
