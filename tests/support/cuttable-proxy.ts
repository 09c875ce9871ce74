import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Passes bytes on to a server until it is cut. */
export async function createCuttableProxy(target: URL) {
  const sockets = new Set<Socket>();
  let isCut = false;
  const proxy: Server = createServer((inbound) => {
    if (isCut) return inbound.destroy();
    const outbound = connect(Number(target.port), target.hostname);
    for (const socket of [inbound, outbound]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => [inbound, outbound].map((end) => end.destroy()));
    }
    return inbound.pipe(outbound).pipe(inbound);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    port: (proxy.address() as AddressInfo).port,
    cut(isNow: boolean) {
      isCut = isNow;
      if (isNow) for (const socket of sockets) socket.destroy();
    },
    close: () => proxy.close(),
  };
}
