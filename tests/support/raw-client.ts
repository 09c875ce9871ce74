import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The declared length; null sends chunks. */
  readonly length: number | null;
}

/** One connection that writes what the test says, and never more. */
export interface RawClient {
  readonly socket: Socket;
  /** Sends so many bytes of the body, until the server answers or, if it insists, until it disconnects. */
  sendBody(bytes: number, options?: { readonly insists: boolean }): Promise<void>;
  /** Everything that the server has answered. */
  text(): string;
  /** The status of the first answer; undefined until it arrives. */
  status(): number | undefined;
  /** Resolves with the status of the first answer; undefined if there is none in time. */
  answered(ms: number): Promise<number | undefined>;
}

const piece = Buffer.alloc(64 * 1024, '0');

/** Connects and sends the head of a request. */
export async function openRawRequest(url: string, request: RawRequest): Promise<RawClient> {
  const { method = 'POST', path, headers = {}, length } = request;
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk))).on('error', () => undefined);
  await once(socket, 'connect');
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: crm.test',
    ...Object.entries({
      ...headers,
      ...(length === null ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(length) }),
    }).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const status = (): number | undefined => {
    const found = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const write = async (data: Buffer): Promise<void> => {
    if (socket.destroyed || !socket.writable || socket.write(data)) return;
    await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  };
  return {
    socket,
    text: () => text,
    status,
    async sendBody(bytes, { insists } = { insists: false }) {
      for (let sent = 0; sent < bytes && !socket.destroyed;) {
        if (!insists && status() !== undefined) return;
        const part = piece.subarray(0, Math.min(piece.byteLength, bytes - sent));
        if (length === null) await write(Buffer.from(`${part.byteLength.toString(16)}\r\n`));
        await write(part);
        if (length === null) await write(Buffer.from('\r\n'));
        sent += part.byteLength;
      }
    },
    async answered(ms) {
      for (const endMs = performance.now() + ms; status() === undefined && performance.now() < endMs;)
        await new Promise((resolve) => setTimeout(resolve, 20));
      return status();
    },
  };
}
