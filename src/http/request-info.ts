import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { newUuid } from '../platform/ids.ts';
import type { RequestInfo } from './route.ts';

const saneRequestId = /^[A-Za-z0-9._-]{1,128}$/;
const maxUserAgentLength = 256;

/** What every handler may know of a request beyond its parsed input. */
export function requestInfoOf(request: IncomingMessage, trustedProxies: number): RequestInfo {
  const header = (name: string): string | undefined => headerOf(request, name);
  const givenId = header('x-request-id');
  let cookies: ReadonlyMap<string, string> | undefined;
  return {
    requestId: givenId !== undefined && saneRequestId.test(givenId) ? givenId : newUuid(),
    ip: clientIpOf(request, trustedProxies),
    userAgent: (header('user-agent') ?? '').slice(0, maxUserAgentLength),
    header,
    cookie: (name) => (cookies ??= parseCookies(header('cookie') ?? '')).get(name),
  };
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}

/**
 * The caller's address: each proxy that we trust has appended the address it saw, so the right one stands that
 * many places from the right. What the caller wrote further left is never believed.
 */
export function clientIpOf(request: IncomingMessage, trustedProxies: number): string {
  const peer = request.socket.remoteAddress ?? '';
  const forwarded = trustedProxies === 0 ? '' : (headerOf(request, 'x-forwarded-for') ?? '');
  const chain = [...forwarded.split(',').map((entry) => entry.trim()), peer].filter((entry) => entry !== '');
  const chosen = chain[Math.max(0, chain.length - 1 - trustedProxies)] ?? peer;
  return plainIp(isIP(chosen) === 0 ? peer : chosen);
}

/** IPv4 written as IPv6 (`::ffff:10.0.0.1`) is the same caller as the plain form. */
const plainIp = (ip: string): string => ip.replace(/^::ffff:(?=\d+\.)/i, '');

/** The first of several cookies with one name wins: it has the longest path. */
function parseCookies(text: string): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const part of text.split(';')) {
    const [name = '', ...rest] = part.split('=');
    const key = name.trim();
    if (key !== '' && rest.length > 0 && !cookies.has(key)) cookies.set(key, rest.join('=').trim());
  }
  return cookies;
}
