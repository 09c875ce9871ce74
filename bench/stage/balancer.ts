import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Distributes connections over its servers in turn, like a load balancer in front of several API processes. */
export interface Balancer {
  readonly url: string;
  /** Sets the servers and closes all open connections, so that no client stays with an earlier server. */
  direct(urls: readonly string[]): void;
  close(): Promise<void>;
}

export async function startBalancer(): Promise<Balancer> {
  let targets: readonly URL[] = [];
  let next = 0;
  const open = new Set<Socket>();

  function track(socket: Socket, other: Socket): void {
    open.add(socket);
    socket.setNoDelay(true);
    // If either end closes, so does the other; an error is followed by `close`.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      open.delete(socket);
      other.destroy();
    });
  }

  const server = createServer((client) => {
    const target = targets[next % Math.max(1, targets.length)];
    next += 1;
    if (target === undefined) return void client.destroy();
    const upstream = connect({ host: target.hostname, port: Number(target.port) });
    track(client, upstream);
    track(upstream, client);
    client.pipe(upstream);
    upstream.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const closeAll = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    direct(urls) {
      targets = urls.map((url) => new URL(url));
      next = 0;
      closeAll();
    },
    async close() {
      closeAll();
      server.close();
      await once(server, 'close');
    },
  };
}
