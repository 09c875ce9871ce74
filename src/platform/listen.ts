import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';

export interface Listening {
  readonly port: number;
  /** Stops taking connections; resolves when the open ones have ended. */
  stop(): Promise<void>;
  /** `stop`, and ends the open connections at once. */
  close(): Promise<void>;
}

/** A host as it stands before a port: an IPv6 address in brackets. */
export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** Other free ports are tried if the system's choice is taken on the second address. */
const maxTries = 10;

/**
 * Listens on a host; `localhost` means both loopback addresses. A browser resolves it to either, and with only one of them
 * bound, another program could answer on the other.
 */
export async function listenOn(server: HttpServer, port: number, host: string): Promise<Listening> {
  if (host !== 'localhost') {
    await bind(server, port, host);
    return listening(server, () => closed(server));
  }
  for (let tries = 1; ; tries += 1) {
    await bind(server, port, '127.0.0.1');
    const second = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      server.emit('connection', socket),
    );
    try {
      await bind(second, portOf(server), '::1');
      return listening(server, () => stopBoth(server, second));
    } catch (error) {
      if (hasNoIpv6(error)) return listening(server, () => closed(server));
      await closed(server);
      if (port !== 0 || tries === maxTries) throw error;
    }
  }
}

const listening = (server: HttpServer, stop: () => Promise<void>): Listening => ({
  port: portOf(server),
  stop,
  async close() {
    const stopped = stop();
    server.closeAllConnections();
    await stopped;
  },
});

const hasNoIpv6 = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT');

const stopBoth = async (server: Server, second: Server): Promise<void> => {
  await Promise.all([closed(server), closed(second)]);
};

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

function bind(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
