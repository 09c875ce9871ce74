import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One kept-alive connection with at most one request in flight. */
export interface HttpConnection {
  /** Sends a whole request; resolves with the whole answer. */
  send(request: Buffer): Promise<HttpAnswer>;
  close(): void;
}

export interface HttpAnswer {
  readonly status: number;
  /** One character per byte. */
  readonly body: string;
}

/**
 * A minimal client, so that generating load costs little CPU beside what is measured. Parses only answers with a
 * Content-Length, which all compared servers send.
 */
export async function openConnection(url: string): Promise<HttpConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  return createHttpConnection(socket);
}

interface Waiting {
  resolve(answer: HttpAnswer): void;
  reject(error: Error): void;
}

function createHttpConnection(socket: Socket): HttpConnection {
  let waiting: Waiting | null = null;
  let received = '';
  const fail = (error: Error) => {
    waiting?.reject(error);
    waiting = null;
  };
  socket.setEncoding('latin1');
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  socket.on('data', (chunk: string) => {
    received += chunk;
    const answer = completeAnswer(received);
    if (answer === null) return;
    received = '';
    const { resolve } = waiting ?? { resolve: () => undefined };
    waiting = null;
    resolve(answer);
  });
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => void socket.destroy(),
  };
}

/** A complete answer, or null. */
export function completeAnswer(received: string): HttpAnswer | null {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const length = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, headEnd + 2))?.[1];
  if (length === undefined) throw new Error('the answer has no Content-Length');
  const bodyStart = headEnd + 4;
  if (received.length < bodyStart + Number(length)) return null;
  return { status: Number(received.slice(9, 12)), body: received.slice(bodyStart) };
}
