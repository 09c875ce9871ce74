import type { Context } from 'koa';
import { type ServedFile, writeFile } from './files.ts';
import type { RequestRecord } from './request-record.ts';
import type { AnyRoute, SetCookie } from './route.ts';

export interface CookieSettings {
  readonly domain: string | undefined;
  readonly secure: boolean;
}

/** A handler returned a reply that its route does not declare: a bug. */
export class UndeclaredReply extends Error {
  constructor(route: AnyRoute, reason: string) {
    super(`${route.method.toUpperCase()} ${route.path}: ${reason}`);
    this.name = 'UndeclaredReply';
  }
}

type AnyReply = Awaited<ReturnType<AnyRoute['handle']>>;

/** A reply as it leaves, without its cookies; `text` is null for an empty body. */
export interface RenderedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string | null;
  /** In place of `text`. */
  readonly file?: ServedFile;
}

/**
 * Renders the reply through its schema, which strips undeclared fields. Throws `UndeclaredReply` in every environment if
 * the body does not fit.
 */
export function renderReply(route: AnyRoute, { status, body, file, headers = {} }: AnyReply): RenderedReply {
  const schema = route.replies[status];
  if (file !== undefined && (route.sendsFile !== true || schema !== null))
    throw new UndeclaredReply(route, `status ${status} is no file`);
  if (schema === undefined) throw new UndeclaredReply(route, `status ${status} is not declared`);
  if (schema === null) {
    if (body !== undefined) throw new UndeclaredReply(route, `status ${status} has no body`);
    return { status, headers, text: null, ...(file === undefined ? {} : { file }) };
  }
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')} (${issue.code})`).join(', ');
    throw new UndeclaredReply(route, `the body of ${status} does not fit: ${wrong}`);
  }
  return { status, headers, text: JSON.stringify(parsed.data) };
}

export function writeReply(context: Context, { status, headers, text, file }: RenderedReply): void {
  for (const [name, value] of Object.entries(headers)) context.set(name, value);
  if (file !== undefined) {
    context.status = status;
    return writeFile(context, file);
  }
  if (text === null) {
    context.body = null;
    context.status = status;
    return;
  }
  context.status = status;
  context.type = 'application/json';
  context.body = text;
}

/** Hands the response to the stream. Proxies must neither collect nor compress what it writes. */
export function writeStream(context: Context, record: RequestRecord, { stream }: AnyReply): void {
  record.answeredAtMs = performance.now();
  context.respond = false;
  context.res.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
  });
  if (context.method === 'HEAD' || stream === undefined) return void context.res.end();
  stream(context.res);
}

export function writeCookies(
  context: Context,
  cookies: readonly SetCookie[] | undefined,
  settings: CookieSettings,
): void {
  for (const cookie of cookies ?? []) context.append('Set-Cookie', cookieText(cookie, settings));
}

/** Always httpOnly and SameSite=Lax; Secure and Domain as configured. */
export function cookieText(cookie: SetCookie, settings: CookieSettings): string {
  const isCleared = cookie.value === null;
  const maxAgeSeconds = isCleared
    ? 0
    : cookie.maxAgeMs === undefined
      ? undefined
      : Math.floor(cookie.maxAgeMs / 1_000);
  return [
    `${cookie.name}=${cookie.value ?? ''}`,
    `Path=${cookie.path}`,
    ...(settings.domain === undefined ? [] : [`Domain=${settings.domain}`]),
    ...(maxAgeSeconds === undefined ? [] : [`Max-Age=${maxAgeSeconds}`]),
    'HttpOnly',
    ...(settings.secure ? ['Secure'] : []),
    'SameSite=Lax',
  ].join('; ');
}
