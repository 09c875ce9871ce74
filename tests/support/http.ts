import { problems } from '../../src/app/problems.ts';
import { AppError } from '../../src/platform/errors.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../src/http/server.ts';
import { apiDescription } from '../../src/app/api-description.ts';
import { testConfig } from './config.ts';
import { captureLog, type CapturedLog } from './logger.ts';

export interface RunningServer {
  readonly url: string;
  readonly server: HttpServer;
  readonly log: CapturedLog;
}

export interface ServeOptions extends Partial<HttpServerOptions> {
  readonly env?: Readonly<Record<string, string>>;
}

/** A real server on a free port with minimal defaults: nobody is signed in. */
export async function serve({ env = {}, ...options }: ServeOptions): Promise<RunningServer> {
  const log = captureLog();
  const server = createHttpServer({
    about: { ...apiDescription, tags: [] },
    routes: [],
    authenticate: () => Promise.reject(new AppError('unauthenticated', 'Nobody signs in here.')),
    answerOnce: (_request, work) => work(),
    logger: log.logger,
    problems,
    config: testConfig({ PUBLIC_URL: 'http://crm.test', ...env }).http,
    health: [],
    ...options,
  });
  const { url } = await server.listen(0, '127.0.0.1');
  return { url, server, log };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; the test asserts its shape. */
  readonly body: Record<string, unknown>;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent unchanged. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly token?: string;
  readonly cookie?: string;
}

/** One request; reads the whole body, but none of a stream of events. */
export async function call(url: string, options: CallOptions = {}): Promise<Answer> {
  const { json, raw, token, cookie } = options;
  const body = json === undefined ? raw : JSON.stringify(json);
  const response = await fetch(url, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    redirect: 'manual',
    headers: {
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(cookie === undefined ? {} : { cookie }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const text = isStream ? '' : await response.text();
  if (isStream) await response.body?.cancel();
  const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}

/** The paths of a problem's issues. */
export const issuePaths = ({ body }: Answer): string[] =>
  ((body['errors'] ?? []) as { path: string }[]).map(({ path }) => path);
