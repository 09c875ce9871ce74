import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * - `delay`: every answer comes 500 ms later.
 * - `reset`: open connections are reset; new ones work.
 * - `black-hole`: nothing gets through, on old connections and new ones; they are reset when it heals.
 * - `half-open`: open connections are dead without notice, as after the other side has lost power;
 *   new ones work. The old ones are reset when it heals, as by a machine that does not know them.
 */
export type LinkFault = 'delay' | 'reset' | 'black-hole' | 'half-open';

export interface TcpProxy {
  readonly port: number;
  apply(fault: LinkFault): void;
  heal(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Swallows what it receives. */
  isCut: boolean;
}

const delayMs = 500;

/** Forwards connections on loopback to the port of the target, and fails on demand. */
export async function startTcpProxy(port: number, targetPort: () => number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let fault: LinkFault | null = null;

  function forward(pair: Pair, [from, to]: readonly [Socket, Socket], isAnswer: boolean): void {
    let tail = Promise.resolve();
    from.on('data', (chunk) => {
      if (pair.isCut) return;
      const dueAt = performance.now() + (isAnswer && fault === 'delay' ? delayMs : 0);
      // In order: a chunk without delay must not overtake one that still waits.
      tail = tail.then(async () => {
        const waitMs = dueAt - performance.now();
        if (waitMs > 0) await sleep(waitMs);
        if (!pair.isCut && to.writable) to.write(chunk);
      });
    });
    from.on('error', () => undefined);
    from.on('close', (hasFailed) => {
      if (!isAnswer) pairs.delete(pair);
      if (pair.isCut && isAnswer) return;
      if (hasFailed) to.resetAndDestroy();
      else void tail.then(() => to.end());
    });
  }

  function reset(pair: Pair): void {
    pair.client.resetAndDestroy();
    pair.server.destroy();
  }

  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ host: '127.0.0.1', port: targetPort(), noDelay: true });
    const pair: Pair = { client, server, isCut: fault === 'black-hole' };
    pairs.add(pair);
    forward(pair, [client, server], false);
    forward(pair, [server, client], true);
  });
  listener.listen(port, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    apply(next) {
      fault = next;
      for (const pair of pairs) {
        if (next === 'reset') reset(pair);
        else if (next !== 'delay') pair.isCut = true;
        if (next === 'half-open') pair.server.destroy();
      }
    },
    heal() {
      fault = null;
      for (const pair of pairs) if (pair.isCut) reset(pair);
    },
    async close() {
      listener.close();
      for (const pair of pairs) reset(pair);
      await once(listener, 'close');
    },
  };
}
