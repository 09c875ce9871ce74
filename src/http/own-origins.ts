import type { HttpConfig } from './config.ts';

/** Whether a page of the origin may read answers and use the refresh cookie; `host` is the host that it calls. */
export type IsOwnOrigin = (origin: string, host: string | undefined) => boolean;

type OriginSettings = Pick<HttpConfig, 'publicUrl' | 'corsOrigins' | 'allowsLocalPages'>;

export function createOwnOrigins({ publicUrl, corsOrigins, allowsLocalPages }: OriginSettings): IsOwnOrigin {
  const named = new Set([new URL(publicUrl).origin, ...corsOrigins]);
  return (origin, host) => named.has(origin) || (allowsLocalPages && isLocalPage(origin, host));
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/**
 * A page of this machine that calls the API by the name that the page itself has. With another name it would be another
 * site, and its browser would neither keep nor send the cookie.
 */
function isLocalPage(origin: string, host: string | undefined): boolean {
  const page = urlOf(origin);
  if (page?.protocol !== 'http:' || page.origin !== origin || !loopbackNames.includes(page.hostname))
    return false;
  return urlOf(`http://${host ?? ''}`)?.hostname === page.hostname;
}

const urlOf = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);
