import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { RawRoute } from '../../../src/http/raw-route.ts';
import { route } from '../../../src/http/route.ts';
import { AppError } from '../../../src/platform/errors.ts';
import { type RunningServer, serve } from '../../support/http.ts';
import { sampleRoutes } from './sample-routes.ts';

/** Far below the time-outs of the server. */
const promptMs = 3_000;
const megabyte = 1024 * 1024;

const hooks = ['/hook', '/refused'].map((path): RawRoute => ({
  method: 'post',
  path,
  operationId: path === '/hook' ? 'receiveHook' : 'receiveRefused',
  summary: 'Take',
  tag: 'Test',
  maxBytes: 1_000,
  documentation: { replies: { 200: { description: 'Stored' } } },
  ...(path === '/hook'
    ? {}
    : { admit: () => Promise.reject(new AppError('invalid-signature', 'It is not signed.')) }),
  handle: async ({ rawBody }) => ({ status: 200, body: String(rawBody.byteLength) }),
}));

const adminRoute = route({
  method: 'post',
  path: '/api/guarded',
  operationId: 'postGuarded',
  summary: 'For admins',
  tag: 'Test',
  access: ['admin'],
  body: z.strictObject({ name: z.string() }),
  replies: { 204: null },
  handle: async () => ({ status: 204 }),
});

interface Situation {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  readonly isChunked?: boolean;
  readonly status: number;
}

const json = { 'content-type': 'application/json' };
const big = `{"name":"${'x'.repeat(3 * megabyte)}"}`;
const encoded = (encoding: string, body: Buffer, status: number): Situation => ({
  headers: { ...json, 'content-encoding': encoding },
  body,
  status,
});
const expecting = { ...json, expect: '100-continue' };

const situations: Readonly<Record<string, Situation>> = {
  'gzip over the limit once unpacked': encoded('gzip', gzipSync('x'.repeat(5 * megabyte)), 413),
  'gzip that is long itself': encoded(
    'gzip',
    Buffer.concat([gzipSync('{"name":"x"}'), Buffer.alloc(megabyte)]),
    413,
  ),
  'gzip of random bytes': encoded('gzip', gzipSync(randomBytes(3 * megabyte)), 413),
  'gzip of random bytes in chunks': {
    ...encoded('gzip', gzipSync(randomBytes(3 * megabyte)), 413),
    isChunked: true,
  },
  'deflate over the limit once unpacked': encoded('deflate', deflateSync('x'.repeat(5 * megabyte)), 413),
  'brotli over the limit once unpacked': encoded('br', brotliCompressSync('x'.repeat(5 * megabyte)), 413),
  'broken gzip': encoded('gzip', Buffer.alloc(50_000, 'x'), 400),
  'cut off gzip': encoded('gzip', gzipSync(`{"name":"${'xyz'.repeat(9_000)}"}`).subarray(0, 40), 400),
  'broken deflate': encoded('deflate', Buffer.alloc(50_000, 'x'), 400),
  'broken brotli': encoded('br', Buffer.alloc(50_000, 'x'), 400),
  'good gzip': encoded('gzip', gzipSync('{"name":"x"}'), 201),
  'good deflate': encoded('deflate', deflateSync('{"name":"x"}'), 201),
  'good brotli': encoded('br', brotliCompressSync('{"name":"x"}'), 201),
  'an unknown encoding of a large body': encoded('zstd', Buffer.alloc(3 * megabyte), 415),
  'a large body, declared': { body: big, status: 413 },
  'a large body in chunks': { body: big, isChunked: true, status: 413 },
  'a large body of another type': { headers: { 'content-type': 'text/plain' }, body: big, status: 415 },
  'a large body without a token': { path: '/api/guarded', body: big, status: 401 },
  'a large body to an unknown path': { path: '/nowhere', body: big, status: 404 },
  'a large body to a path without POST': { path: '/api/things/special', body: big, status: 405 },
  'a body with GET': { method: 'GET', path: '/api/things/special', body: big, status: 200 },
  'a body with HEAD': { method: 'HEAD', path: '/api/things/special', body: big, status: 200 },
  'a body with DELETE': { method: 'DELETE', path: '/api/things/1', body: big, status: 401 },
  'a large webhook, declared': { path: '/hook', body: big, status: 413 },
  'a large webhook in chunks': { path: '/hook', body: big, isChunked: true, status: 413 },
  'a large webhook that is not signed': { path: '/refused', body: 'x'.repeat(999), status: 401 },
  'a large webhook with PUT': { method: 'PUT', path: '/hook', body: big, status: 405 },
  'a large body that waits for 100': { headers: expecting, body: big, status: 413 },
  'a body without a token that waits for 100': {
    path: '/api/guarded',
    headers: expecting,
    body: big,
    status: 401,
  },
  'a webhook without a signature that waits for 100': {
    path: '/refused',
    headers: expecting,
    body: 'x',
    status: 401,
  },
  'a good body that waits for 100': { headers: expecting, body: '{"name":"x"}', status: 201 },
  'a good webhook that waits for 100': { path: '/hook', headers: expecting, body: 'x', status: 200 },
  'a large body on a connection that closes': {
    headers: { ...json, connection: 'close' },
    body: big,
    status: 413,
  },
  'a large webhook on a connection that closes': {
    path: '/hook',
    headers: { connection: 'close' },
    body: big,
    status: 413,
  },
};

describe('connection', () => {
  let running: RunningServer;
  const port = () => Number(new URL(running.url).port);

  before(async () => {
    running = await serve({ routes: [...sampleRoutes, adminRoute], rawRoutes: hooks });
  });
  after(() => running.server.close({ graceMs: 100 }));

  /** One request of an agent; resolves with its status and the number of `100 Continue`. */
  function send(agent: Agent, situation: Situation): Promise<{ status: number; continues: number }> {
    const { method = 'POST', path = '/api/things', body, isChunked = false } = situation;
    const headers: Readonly<Record<string, string>> = situation.headers ?? json;
    return new Promise((resolve, reject) => {
      let continues = 0;
      const length = isChunked ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const request = httpRequest({
        agent,
        port: port(),
        method,
        path,
        headers: { ...headers, ...length },
        timeout: promptMs,
      });
      request.once('timeout', () => request.destroy(new Error('no answer in time')));
      request.on('continue', () => {
        continues += 1;
        request.end(body);
      });
      request.once('response', (response: IncomingMessage) => {
        response.resume().once('end', () => resolve({ status: response.statusCode ?? 0, continues }));
        // As a real client: after a final answer the body is not sent.
        if (headers['expect'] !== undefined && continues === 0) request.destroy();
      });
      request.once('error', reject);
      if (headers['expect'] === undefined) request.end(body);
      else request.flushHeaders();
    });
  }

  for (const [name, situation] of Object.entries(situations)) {
    it(`${name} › ${situation.status}, and the next request is answered at once`, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const startedMs = performance.now();
      const first = await send(agent, situation);
      const isGood = situation.status < 300;
      const waits = situation.headers?.['expect'] !== undefined;
      assert.deepEqual(first, { status: situation.status, continues: waits && isGood ? 1 : 0 });
      const second = await send(agent, { body: '{"name":"next"}', status: 201 });
      assert.equal(second.status, 201);
      agent.destroy();
      assert.ok(performance.now() - startedMs < promptMs);
    });
  }

  const answersOf = (text: string): string[] => text.match(/HTTP\/1\.1 \d+/g) ?? [];

  async function open(): Promise<{ socket: Socket; received: () => string }> {
    const socket = connect(port(), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk))).on('error', () => undefined);
    await once(socket, 'connect');
    return { socket, received: () => text };
  }

  async function until(condition: () => boolean, ms: number): Promise<void> {
    for (const endMs = performance.now() + ms; !condition() && performance.now() < endMs;)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  const headOf = (path: string, length: number, extra = ''): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${extra}Content-Length: ${length}\r\n\r\n`;
  const next = `${headOf('/api/things', 12)}{"name":"x"}`;

  it('requests sent without waiting for answers › answered in their order, refused bodies dropped', async () => {
    const { socket, received } = await open();
    const bomb = gzipSync('x'.repeat(5 * megabyte));
    const parts = [
      headOf('/api/things', bomb.byteLength, 'Content-Encoding: gzip\r\n'),
      bomb,
      `${headOf('/hook', 5_000)}${'x'.repeat(5_000)}`,
      `${headOf('/api/guarded', 5_000)}${'x'.repeat(5_000)}`,
      next,
    ];
    socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))));
    await until(() => answersOf(received()).length === 4, promptMs);
    assert.deepEqual(
      answersOf(received()).map((line) => line.slice(-3)),
      ['413', '413', '401', '201'],
    );
    socket.destroy();
  });

  it('a body longer than declared › the rest is no request, and the connection closes', async () => {
    const { socket, received } = await open();
    let isClosed = false;
    socket.once('close', () => (isClosed = true));
    socket.write(`${headOf('/api/things', 12)}{"name":"x"}{"name":"smuggled"}\r\n\r\n`);
    await until(() => isClosed, promptMs);
    assert.ok(isClosed);
    // The first answer may be lost with the connection.
    assert.equal(answersOf(received()).at(-1), 'HTTP/1.1 400');
    assert.ok(answersOf(received()).length <= 2);
  });

  it('thousands of requests sent ahead of their answers › the connection closes after sixteen, others are served', async () => {
    const ended: string[] = [];
    const requests = {
      mounted: () => undefined,
      ended: ({ method }: { method: string }) => ended.push(method),
    };
    const bounded = await serve({ routes: sampleRoutes, requests });
    const socket = connect(Number(new URL(bounded.url).port), '127.0.0.1').on('error', () => undefined);
    const closed = once(socket, 'close');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2_000));
    await closed;
    assert.equal((await fetch(`${bounded.url}/healthz`)).status, 200);
    await until(() => ended.length >= 17, promptMs);
    assert.equal(ended.length, 17);
    await bounded.server.close({ graceMs: 100 });
  });

  it('a client that disconnects in a refused body › the server goes on', async () => {
    const { socket } = await open();
    socket.write(`${headOf('/api/things', 5 * megabyte)}${'x'.repeat(200_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    assert.equal((await send(agent, { body: '{"name":"x"}', status: 201 })).status, 201);
    agent.destroy();
  });

  it('a refused body that never ends › answered at once, then the connection closes', async () => {
    const slow = await serve({ rawRoutes: hooks, timeouts: { unreadBodyMs: 300 } });
    const socket = connect(Number(new URL(slow.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk))).on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(`${headOf('/refused', 900)}half`);
    await until(() => text !== '', promptMs);
    assert.match(text, /^HTTP\/1\.1 401/);
    const startedMs = performance.now();
    await closed;
    assert.ok(performance.now() - startedMs < promptMs);
    await slow.server.close({ graceMs: 100 });
  });
});
