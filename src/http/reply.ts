import type { Context } from 'koa';
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

/**
 * Writes the reply through its schema, which strips undeclared fields. Throws `UndeclaredReply` in every environment if
 * the body does not fit.
 */
export function writeReply(
  context: Context,
  route: AnyRoute,
  reply: AnyReply,
  cookies: CookieSettings,
): void {
  const schema = route.replies[reply.status];
  if (schema === undefined) throw new UndeclaredReply(route, `status ${reply.status} is not declared`);
  for (const cookie of reply.cookies ?? []) context.append('Set-Cookie', cookieText(cookie, cookies));
  for (const [name, value] of Object.entries(reply.headers ?? {})) context.set(name, value);
  if (schema === null) {
    if (reply.body !== undefined) throw new UndeclaredReply(route, `status ${reply.status} has no body`);
    context.body = null;
    context.status = reply.status;
    return;
  }
  const parsed = schema.safeParse(reply.body);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')} (${issue.code})`).join(', ');
    throw new UndeclaredReply(route, `the body of ${reply.status} does not fit: ${wrong}`);
  }
  context.status = reply.status;
  context.type = 'application/json';
  context.body = JSON.stringify(parsed.data);
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
