import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';

export interface Listening {
  readonly url: string;
  /** Stops taking connections; resolves when the open ones have ended. */
  stop(): Promise<void>;
}

/** Listens on a host; `localhost` means both loopback addresses, because callers may resolve it to either. */
export async function listenOn(server: HttpServer, port: number, host: string): Promise<Listening> {
  await bind(server, port, host === 'localhost' ? '127.0.0.1' : host);
  const actualPort = (server.address() as AddressInfo).port;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`;
  if (host !== 'localhost') return { url, stop: () => closed(server) };
  const second = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    server.emit('connection', socket),
  );
  try {
    await bind(second, actualPort, '::1');
  } catch (error) {
    if (hasNoIpv6(error)) return { url, stop: () => closed(server) };
    await closed(server);
    throw error;
  }
  return { url, stop: async () => void (await Promise.all([closed(server), closed(second)])) };
}

const hasNoIpv6 = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT');

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

function bind(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
