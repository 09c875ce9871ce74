import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { z } from 'zod';
import { createHealthServer, type HealthCheck } from '../../../src/http/health.ts';
import { route } from '../../../src/http/route.ts';
import { defaultTimeouts } from '../../../src/http/server.ts';
import { call, serve } from '../../support/http.ts';
import { captureLog } from '../../support/logger.ts';
import { zoneDataVersion } from '../../../src/platform/zones.ts';

const check = (name: string, run: () => Promise<void>): HealthCheck => ({
  name,
  advice: `Start ${name}.`,
  check: run,
});

/** A route that answers when the test says so. */
function heldRoute() {
  let start = (): void => undefined;
  let release = (): void => undefined;
  const started = new Promise<void>((resolve) => (start = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  const held = route({
    method: 'get',
    path: '/api/held',
    operationId: 'getHeld',
    summary: 'Held',
    tag: 'Test',
    access: 'public',
    replies: { 200: z.object({ done: z.boolean() }) },
    async handle() {
      start();
      await released;
      return { status: 200, body: { done: true } };
    },
  });
  return { held, started, release };
}

describe('slow clients', () => {
  it('the timeouts › have the decided values', () => {
    assert.deepEqual(defaultTimeouts, {
      headersMs: 10_000,
      requestMs: 30_000,
      checkIntervalMs: 2_000,
      keepAliveMs: 65_000,
      unreadBodyMs: 5_000,
    });
  });

  for (const [situation, bytes] of [
    ['headers that do not end', 'GET /api/health HTTP/1.1\r\nHost: x\r\n'],
    ['a body that does not come', 'POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf'],
  ] as const) {
    it(`${situation} › 408 and the connection is closed`, async () => {
      const { server, url } = await serve({
        timeouts: { headersMs: 200, requestMs: 300, checkIntervalMs: 50 },
        rawRoutes: [
          {
            method: 'post',
            path: '/hook',
            operationId: 'receiveHook',
            summary: 'Take',
            tag: 'Test',
            maxBytes: 100,
            documentation: { replies: {} },
            handle: async () => ({ status: 200 }),
          },
        ],
      });
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      let received = '';
      socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
      socket.write(bytes);
      await once(socket, 'close');
      assert.match(received, /^HTTP\/1\.1 408 /);
      await server.close({ graceMs: 100 });
    });
  }
});

describe('drain', () => {
  it('a stop › finishes open requests, refuses new ones, closes its connections', async () => {
    const { held, started, release } = heldRoute();
    const { server, url } = await serve({ routes: [held] });
    const running = call(`${url}/api/held`);
    await started;
    let isClosed = false;
    const closing = server.close({ graceMs: 5_000 }).then(() => (isClosed = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(isClosed, false);
    await assert.rejects(fetch(`${url}/api/health`), 'no new connections are taken');
    release();
    assert.deepEqual((await running).body, { done: true });
    await closing;
  });

  it('during the announcement › /readyz is 503, requests are answered, each connection closes', async () => {
    const { server, url } = await serve({ health: [check('mongo', async () => undefined)] });
    assert.equal((await call(`${url}/readyz`)).status, 200);
    const closing = server.close({ graceMs: 1_000, announceMs: 400 });
    const ready = await call(`${url}/readyz`);
    assert.equal(ready.status, 503);
    assert.deepEqual(ready.body, {
      status: 'draining',
      checks: { mongo: 'ok' },
      timeZoneData: zoneDataVersion,
    });
    const alive = await call(`${url}/api/health`);
    assert.equal(alive.status, 200);
    assert.equal(alive.headers.get('connection'), 'close');
    await closing;
  });

  it('MongoDB away › /readyz names the cause alone, not what depends on it', async () => {
    const away = async () => assert.fail('no answer');
    const health = [check('mongo', away), { ...check('migrations', away), needs: 'mongo' }];
    const { server, url } = await serve({ health });
    const ready = await call(`${url}/readyz`);
    assert.equal(ready.status, 503);
    assert.deepEqual(ready.body, {
      ...{ status: 'not-ready', checks: { mongo: 'failed' }, todo: ['mongo: Start mongo.'] },
      timeZoneData: zoneDataVersion,
    });
    await server.close({ graceMs: 100 });
  });

  it('migrations pending › /readyz names them', async () => {
    const pending = { ...check('migrations', async () => assert.fail('pending')), needs: 'mongo' };
    const { server, url } = await serve({ health: [check('mongo', async () => undefined), pending] });
    const { body } = await call(`${url}/readyz`);
    assert.deepEqual(body['checks'], { mongo: 'ok', migrations: 'failed' });
    await server.close({ graceMs: 100 });
  });

  it('a request after the announcement on a connection that is still open › 503 draining', async () => {
    const { held, started, release } = heldRoute();
    const { server, url } = await serve({ routes: [held] });
    // Two requests on one connection, the second sent before the first is answered.
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.write('GET /api/held HTTP/1.1\r\nHost: x\r\n\r\n');
    await started;
    const closing = server.close({ graceMs: 5_000 });
    socket.write('GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 100));
    release();
    await closing;
    if (!socket.closed) await once(socket, 'close');
    assert.match(received, /200 OK[\s\S]*503 Service Unavailable[\s\S]*"code":"draining"/);
  });

  it('a request that never ends › is cut off after the grace, and stopping twice waits for the same', async () => {
    const { held, started } = heldRoute();
    const { server, url } = await serve({ routes: [held] });
    const cut = assert.rejects(fetch(`${url}/api/held`));
    await started;
    const before = performance.now();
    await Promise.all([server.close({ graceMs: 200 }), server.close({ graceMs: 200 })]);
    const took = performance.now() - before;
    assert.ok(took >= 190 && took < 2_000, `took ${took} ms`);
    await cut;
  });
});

describe('health', () => {
  const checks = [
    check('mongo', async () => undefined),
    check('temporal', () => Promise.reject(new Error('canary'))),
    check('slow', () => new Promise(() => undefined)),
  ];

  it('a failed and a hanging check › 503 within the time limit, with the check and advice, without the cause', async () => {
    const { server, url, log } = await serve({ health: checks });
    const before = performance.now();
    const answer = await call(`${url}/readyz`);
    assert.ok(performance.now() - before < 3_000);
    assert.equal(answer.status, 503);
    assert.deepEqual(answer.body, {
      status: 'not-ready',
      timeZoneData: zoneDataVersion,
      checks: { mongo: 'ok', temporal: 'failed', slow: 'failed' },
      todo: ['temporal: Start temporal.', 'slow: Start slow.'],
    });
    assert.match(log.text(), /canary/);
    assert.equal((await call(`${url}/healthz`)).status, 200, 'alive all the same');
    await server.close({ graceMs: 100 });
  });

  it('the health server of a worker › the same answers, and a port that is taken is an error', async () => {
    const { logger } = captureLog();
    const options = { host: '127.0.0.1', checks: checks.slice(0, 1), logger };
    const health = await createHealthServer({ ...options, port: 0 });
    const url = `http://127.0.0.1:${health.port}`;
    assert.deepEqual((await call(`${url}/healthz`)).body, { status: 'ok' });
    assert.deepEqual((await call(`${url}/readyz`)).body, {
      status: 'ready',
      checks: { mongo: 'ok' },
      timeZoneData: zoneDataVersion,
    });
    assert.equal((await call(`${url}/else`)).status, 404);
    await assert.rejects(createHealthServer({ ...options, port: health.port }), { code: 'EADDRINUSE' });
    health.drain();
    assert.equal((await call(`${url}/readyz`)).status, 503);
    await health.close();
  });

  it('a port that is taken › listen fails', async () => {
    const first = await serve({});
    const second = await serve({});
    const port = Number(new URL(first.url).port);
    await assert.rejects(second.server.listen(port, '127.0.0.1'));
    await Promise.all([first.server.close({ graceMs: 10 }), second.server.close({ graceMs: 10 })]);
  });

  it('the request listener › works behind another server', async () => {
    const { server, url } = await serve({});
    const response = await new Promise<number | undefined>((resolve) => {
      httpRequest(`${url}/api/health`, (incoming) => resolve(incoming.resume().statusCode)).end();
    });
    assert.equal(response, 200);
    assert.equal(typeof server.handle, 'function');
    await server.close({ graceMs: 10 });
  });
});
