import type { ServerResponse } from 'node:http';
import cors from '@koa/cors';
import Router from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import helmet from 'koa-helmet';
import type { HttpConfig } from './config.ts';
import { AppError } from '../platform/errors.ts';
import { networkOf } from '../platform/network.ts';
import type { Logger } from '../platform/logger.ts';
import { admit, assertOwnOrigin } from './access.ts';
import type { Authenticate, RedeemTicket } from './authenticate.ts';
import { Disconnected } from './body.ts';
import { incomingFileOf } from './files.ts';
import type { BodyBudget } from './body-budget.ts';
import type { BodySender } from './body-pools.ts';
import { readJsonBody } from './json-body.ts';
import { responseHeaders } from './openapi-headers.ts';
import type { RecordOperatorRequest } from './operator-requests.ts';
import { createOwnOrigins, type IsOwnOrigin } from './own-origins.ts';
import type { ServedPage } from './page.ts';
import { problemContentType, type ProblemReplies, toAppError } from './problems.ts';
import { type AnswerOnce, assertAnswersCanBeKept, keyedRequestOf } from './idempotency.ts';
import { renderReply, writeCookies, writeReply, writeStream } from './reply.ts';
import { createReadPlaces, type ReadPlaces } from './read-places.ts';
import { createRequestLimiter, type RequestLimiter } from './request-limiter.ts';
import { idsOf, reportFailure, type RequestRecord, type RequestRecords } from './request-record.ts';
import { type Actor, type AnyRoute, isLimited, type RequestInfo } from './route.ts';
import { answerUnchanged } from './unchanged.ts';
import { awaitRestOfBody } from './unread-body.ts';
import { parseInput } from './validation.ts';
import { isMetered, type WriteMeter } from './write-meter.ts';

interface KoaAppOptions {
  readonly routes: readonly AnyRoute[];
  readonly pages: readonly ServedPage[];
  readonly authenticate: Authenticate;
  readonly redeemTicket?: RedeemTicket;
  readonly answerOnce: AnswerOnce;
  readonly meter?: WriteMeter;
  readonly recordOperatorRequest?: RecordOperatorRequest;
  readonly logger: Logger;
  readonly config: HttpConfig;
  readonly records: RequestRecords;
  readonly budget: BodyBudget;
  readonly replyTo: ProblemReplies;
}

/** Mounts the route table on Koa. */
export function createKoaApp(options: KoaAppOptions): Koa {
  const app = new Koa();
  app.silent = true;
  app.on('error', (error: unknown) => options.logger.warn({ error }, 'response could not be sent'));
  const router = new Router({ sensitive: true });
  // Paths with fewer parameters match first, whatever their order in the table.
  const sorted = options.routes.toSorted(
    (left, right) => parameterCount(left.path) - parameterCount(right.path),
  );
  const limit = createRequestLimiter(options.config.rateLimitPerMinute);
  const places = { reads: createReadPlaces(), files: createReadPlaces(filePlaces) };
  const isOwnOrigin = createOwnOrigins(options.config);
  for (const entry of sorted) assertAnswersCanBeKept(entry);
  for (const entry of sorted)
    router[entry.method](entry.path, serveRoute(entry, options, { limit, places, isOwnOrigin }));
  for (const page of options.pages) router.get(page.path, servePage(page, options.records));
  app.use(securityHeaders(options.config.publicUrl));
  app.use(allowOrigins(isOwnOrigin));
  app.use(answerProblems(options));
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

/** A slow client may take long for a large file; a page of an inbox asks for many small ones. */
const filePlaces = { atOnce: 12, waiting: 400, answerMs: 15 * 60_000 };

const parameterCount = (path: string): number => path.split('/:').length;

interface SharedByRoutes {
  readonly limit: RequestLimiter;
  readonly places: { readonly reads: ReadPlaces; readonly files: ReadPlaces };
  readonly isOwnOrigin: IsOwnOrigin;
}

/** Serves one route: authenticate, count, read, parse, handle, then write the reply through its schema. */
function serveRoute(
  entry: AnyRoute,
  options: KoaAppOptions,
  { limit, places, isOwnOrigin }: SharedByRoutes,
): Middleware {
  const { answerOnce, recordOperatorRequest, budget, config, records } = options;
  const meter = isMetered(entry) ? options.meter : undefined;
  return async (context: Context) => {
    const record = records.of(context.req);
    const params = context['params'] as Readonly<Record<string, string>>;
    record.routePath = entry.path;
    record.ids = idsOf(params);
    if (entry.usesCookie === true) assertOwnOrigin(record.info, isOwnOrigin);
    const { querystring } = context;
    const admission = await settle(admit(entry, { request: record.info, querystring }, options));
    if (isLimited(entry)) await countRequest(context, limit, { request: record.info, admission });
    const actor = valueOf(admission);
    if (actor !== undefined) record.actor = actor;
    if (actor?.operatorAccessId !== undefined)
      await recordOperatorRequest?.(actor, { method: context.method, route: entry.path, ids: record.ids });
    const place = await takePlace(entry, places, { record, response: context.res });
    const body = takesBody(entry)
      ? await readJsonBody(context, { budget, sender: senderOf(record) })
      : undefined;
    const file =
      entry.takesFile === undefined ? {} : { file: incomingFileOf(context, entry.takesFile.maxBytes) };
    try {
      const input = parseInput(entry, {
        params,
        querystring,
        body: body?.value,
        idempotencyKey: record.info.header('idempotency-key'),
      });
      // `parseInput` returns what the route's schemas declare; the erased type cannot express it.
      const handlerInput = { ...input, ...file, actor, request: record.info } as Parameters<
        AnyRoute['handle']
      >[0];
      if (entry.stream !== undefined) return writeStream(context, record, await entry.handle(handlerInput));
      if (actor !== undefined) await meter?.take(actor, body?.bytes ?? 0);
      const work = async () => {
        const reply = await entry.handle(handlerInput);
        writeCookies(context, reply.cookies, config.cookies);
        return renderReply(entry, reply);
      };
      const keyed = keyedRequestOf(entry, { input, actor, info: record.info });
      const reply = keyed === null ? await work() : await answerOnce(keyed, work);
      if (keyed !== null && actor !== undefined) await meter?.owe(actor, Buffer.byteLength(reply.text ?? ''));
      writeReply(context, answerUnchanged(entry, record.info, reply));
    } finally {
      body?.release();
      place?.handled();
    }
  };
}

/** Reads take a place of their client; files have others than JSON, and those behind a link count for the address. */
async function takePlace(
  { method, access, sendsFile, stream }: AnyRoute,
  { reads, files }: SharedByRoutes['places'],
  { record, response }: { readonly record: RequestRecord; readonly response: ServerResponse },
): Promise<Awaited<ReturnType<ReadPlaces['take']>> | undefined> {
  const { actor, info } = record;
  if (method !== 'get' || stream !== undefined) return undefined;
  if (sendsFile === true) return files.take(actor?.clientId.toHexString() ?? networkOf(info.ip), response);
  return actor === undefined || access === 'public'
    ? undefined
    : reads.take(actor.clientId.toHexString(), response);
}

const senderOf = ({ actor, info }: RequestRecord): BodySender =>
  actor === undefined
    ? { pool: 'anonymous', key: networkOf(info.ip) }
    : { pool: 'user', key: actor.clientId.toHexString() };

interface Counted {
  readonly request: RequestInfo;
  readonly admission: PromiseSettledResult<Actor | undefined>;
}

/** Counts the request for its user; a refused token counts for the address. */
async function countRequest(
  context: Context,
  limit: RequestLimiter,
  { request, admission }: Counted,
): Promise<void> {
  const actor = admission.status === 'fulfilled' ? admission.value : undefined;
  const { headers, refusal } = await limit(request, actor);
  for (const [name, value] of Object.entries(headers)) context.set(name, value);
  if (refusal !== undefined) throw refusal;
}

async function settle<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [settled] = await Promise.allSettled([promise]);
  return settled;
}

function valueOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

const takesBody = ({ method, takesFile }: AnyRoute): boolean =>
  method !== 'get' && method !== 'delete' && takesFile === undefined;

const servePage =
  (page: ServedPage, records: RequestRecords): Middleware =>
  async (context: Context) => {
    records.of(context.req).routePath = page.path;
    const reply = await page.handle(context['params'] as Readonly<Record<string, string>>);
    context.status = reply.status ?? 200;
    context.type = reply.contentType ?? page.contentType;
    if (reply.cacheControl !== undefined) context.set('Cache-Control', reply.cacheControl);
    context.body = reply.body;
  };

/** Answers thrown errors and unmatched requests with problem details. */
function answerProblems({ logger, records, replyTo }: KoaAppOptions): Middleware {
  const answer = async (context: Context, thrown: unknown): Promise<void> => {
    await awaitRestOfBody(context.req, context.res);
    const record = records.of(context.req);
    const error = toAppError(thrown);
    const { status, headers, document } = replyTo(error, record.info.requestId);
    reportFailure({ logger, record, code: error.code, status, cause: error.cause ?? error });
    context.remove('Set-Cookie');
    context.remove('Location');
    context.status = status;
    for (const [name, value] of Object.entries(headers)) context.set(name, value);
    context.set('Cache-Control', 'no-store');
    context.type = problemContentType;
    context.body = JSON.stringify(document);
  };
  return async (context, next) => {
    context.set('Cache-Control', 'no-store');
    try {
      await next();
      const unanswered = unansweredProblem(context);
      if (unanswered !== undefined) await answer(context, unanswered);
    } catch (error) {
      if (!(error instanceof Disconnected)) return answer(context, error);
      context.respond = false;
      context.res.destroy();
    }
  };
}

/** For requests that the router did not answer: 404, or 405 and 501 from `allowedMethods`, which has set `Allow`. */
function unansweredProblem(context: Context): AppError | undefined {
  if (context.body !== undefined && context.body !== null) return undefined;
  if (context.status === 404) return new AppError('not-found', 'There is no such path.');
  if (context.status === 405 || context.status === 501)
    return new AppError('method-not-allowed', `This path does not support ${context.method}.`);
  return undefined;
}

/** Pages load files only from this server and cannot be framed. HSTS is sent only if the public address is HTTPS. */
const securityHeaders = (publicUrl: string): Middleware =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: publicUrl.startsWith('https:') ? { maxAge: 31_536_000 } : false,
  });

function allowOrigins(isOwnOrigin: IsOwnOrigin): Middleware {
  return cors({
    origin: (context) => {
      const origin = context.get('Origin');
      return isOwnOrigin(origin, context.get('Host')) ? origin : '';
    },
    credentials: true,
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: [
      ...['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'If-None-Match'],
      ...['Range', 'X-Request-Id', 'Last-Event-ID'],
      // Sent by tracing in a frontend (W3C Trace Context, Baggage).
      ...['traceparent', 'tracestate', 'baggage'],
    ],
    exposeHeaders: Object.keys(responseHeaders),
    maxAge: 600,
  });
}
