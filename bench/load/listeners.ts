import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Open streams of server-sent events. */
export interface Listeners {
  /** Resolves when each stream has got this many events since it opened; throws after `timeoutMs`. */
  reach(events: number, timeoutMs?: number): Promise<void>;
  close(): void;
}

interface Listener {
  readonly socket: Socket;
  readonly counts: { ready: number; events: number };
}

/** Connections that are being opened at once. */
const atOnce = 50;
const openTimeoutMs = 60_000;
const pollMs = 5;

/** Opens one stream for each header, and waits until all are ready. Counts frames without parsing them: it is no load. */
export async function openListeners(
  url: string,
  authorizations: readonly (string | null)[],
): Promise<Listeners> {
  const all: Listener[] = [];
  for (let from = 0; from < authorizations.length; from += atOnce) {
    const some = authorizations.slice(from, from + atOnce).map((header) => openListener(url, header));
    all.push(...some);
    await untilAll(some, ({ ready }) => ready > 0, openTimeoutMs);
  }
  return {
    reach: (events, timeoutMs = openTimeoutMs) =>
      untilAll(all, (counts) => counts.events >= events, timeoutMs),
    close: () => all.forEach(({ socket }) => socket.destroy()),
  };
}

function openListener(url: string, authorization: string | null): Listener {
  const { hostname, port, host } = new URL(url);
  const counts = { ready: 0, events: 0 };
  const socket = connect(Number(port), hostname);
  const header = authorization === null ? '' : `Authorization: ${authorization}\r\n`;
  socket.write(`GET /api/events HTTP/1.1\r\nHost: ${host}\r\n${header}\r\n`);
  let rest = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('event: ready')) counts.ready += 1;
      else if (line.startsWith('data: {"id"')) counts.events += 1;
    }
  });
  socket.on('error', () => socket.destroy());
  return { socket, counts };
}

async function untilAll(
  listeners: readonly Listener[],
  isDone: (counts: Listener['counts']) => boolean,
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (const { socket, counts } of listeners) {
    while (!isDone(counts)) {
      if (socket.destroyed) throw new Error('a stream was closed');
      if (performance.now() > deadline) throw new Error('a stream got too few events');
      await sleep(pollMs);
    }
  }
}
