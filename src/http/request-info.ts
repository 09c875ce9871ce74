import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { newUuid } from '../platform/ids.ts';
import type { RequestInfo } from './route.ts';

const saneRequestId = /^[A-Za-z0-9._-]{1,128}$/;
const maxUserAgentLength = 256;

/** The facts of a request that every handler may use beside its parsed input. */
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
 * The caller's address. Each trusted proxy appends the address that it saw, so the caller's is that many places from the
 * right. Entries further left come from the caller and are ignored.
 */
export function clientIpOf(request: IncomingMessage, trustedProxies: number): string {
  const peer = request.socket.remoteAddress ?? '';
  const forwarded = trustedProxies === 0 ? '' : (headerOf(request, 'x-forwarded-for') ?? '');
  const chain = [...forwarded.split(',').map((entry) => entry.trim()), peer].filter((entry) => entry !== '');
  const chosen = chain[Math.max(0, chain.length - 1 - trustedProxies)] ?? peer;
  return plainIp(isIP(chosen) === 0 ? peer : chosen);
}

/** Writes IPv4-mapped IPv6 (`::ffff:10.0.0.1`) as IPv4. */
const plainIp = (ip: string): string => ip.replace(/^::ffff:(?=\d+\.)/i, '');

/** Of several cookies with one name the first wins, because it has the longest path. */
function parseCookies(text: string): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const part of text.split(';')) {
    const [name = '', ...rest] = part.split('=');
    const key = name.trim();
    if (key !== '' && rest.length > 0 && !cookies.has(key)) cookies.set(key, rest.join('=').trim());
  }
  return cookies;
}
