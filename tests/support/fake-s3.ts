import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeS3 {
  readonly url: string;
  readonly objects: ReadonlyMap<string, Buffer>;
  /** The next requests fail with this status. */
  failNext(status: number, times: number): void;
  close(): Promise<void>;
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const errorOf = (code: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;

/** One bucket in memory, by the part of the S3 protocol that the product uses. It checks no signature. */
export async function startFakeS3(bucket: string): Promise<FakeS3> {
  const objects = new Map<string, Buffer>();
  let failure = { status: 0, times: 0 };
  const server: Server = createServer((request, response) => {
    const answer = (status: number, body: string | Buffer = '', headers: object = {}) =>
      response.writeHead(status, { ...headers }).end(body);
    const serve = async () => {
      const path = decodeURIComponent(new URL(request.url ?? '/', 'http://s3').pathname);
      const body = await bytesOf(request);
      if (failure.times > 0) {
        failure.times -= 1;
        return answer(failure.status, errorOf('InternalError'));
      }
      if (!path.startsWith(`/${bucket}`)) return answer(404, errorOf('NoSuchBucket'));
      const key = path.slice(bucket.length + 2);
      if (request.method === 'HEAD') return answer(200);
      if (request.method === 'PUT') {
        objects.set(key, body);
        return answer(200, '', { etag: '"x"' });
      }
      if (request.method === 'DELETE') {
        objects.delete(key);
        return answer(204);
      }
      const found = objects.get(key);
      if (found === undefined) return answer(404, errorOf('NoSuchKey'));
      const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      if (start === undefined) return answer(200, found);
      return answer(206, found.subarray(Number(start), Number(end) + 1));
    };
    serve().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    objects,
    failNext(status, times) {
      failure = { status, times };
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
