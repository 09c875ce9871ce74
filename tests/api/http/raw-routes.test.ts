import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { AppError } from '../../../src/platform/errors.ts';
import type { RawRequest, RawRoute } from '../../../src/http/raw-route.ts';
import { call, type RunningServer, serve } from '../../support/http.ts';

const documentation = { replies: { 200: { description: 'Stored' } } };

describe('raw route', () => {
  let running: RunningServer;
  let seen: RawRequest[] = [];
  const at = (path: string): string => `${running.url}${path}`;

  const routes: RawRoute[] = [
    {
      method: 'get',
      path: '/hook',
      operationId: 'confirmHook',
      summary: 'Handshake',
      tag: 'Test',
      maxBytes: 0,
      documentation,
      handle: async ({ query }) => ({ status: 200, body: query.get('challenge') ?? '' }),
    },
    ...['/hook', '/hook/:key'].map((path): RawRoute => ({
      method: 'post',
      path,
      operationId: path === '/hook' ? 'receiveHook' : 'receiveKeyedHook',
      summary: 'Take',
      tag: 'Test',
      maxBytes: 1_000,
      documentation,
      async handle(request) {
        seen.push(request);
        if (request.params['key'] === 'refused') throw new AppError('invalid-signature', 'No.');
        if (request.params['key'] === 'broken') throw new Error('canary');
        return { status: 200, body: { stored: true } };
      },
    })),
  ];

  before(async () => {
    running = await serve({ rawRoutes: routes });
  });
  after(() => running.server.close({ graceMs: 100 }));
  beforeEach(() => {
    seen = [];
  });

  it('any bytes › arrive exactly as they were sent, whatever their type', async () => {
    const bytes = new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0xff, 0x00, 0x7d]);
    const answer = await call(at('/hook/abc%20d?x=1&x=2'), {
      raw: bytes,
      headers: { 'content-type': 'text/odd', 'x-hub-signature-256': 'sha256=1' },
    });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, { stored: true });
    assert.match(answer.headers.get('x-request-id') ?? '', /./);
    const [request] = seen;
    assert.ok(request !== undefined && request.rawBody.equals(Buffer.from(bytes)));
    assert.deepEqual(request.params, { key: 'abc d' });
    assert.deepEqual(request.query.getAll('x'), ['1', '2']);
    assert.equal(request.headers['x-hub-signature-256'], 'sha256=1');
  });

  it('GET › its text back as it is', async () => {
    const answer = await call(at('/hook?challenge=1158201444'));
    assert.equal(answer.text, '1158201444');
    assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
  });

  it('the limit › the last byte is taken, one more is 413, declared or streamed', async () => {
    assert.equal((await call(at('/hook'), { raw: 'x'.repeat(1_000) })).status, 200);
    const over = await call(at('/hook'), { raw: 'x'.repeat(1_001) });
    assert.equal(over.status, 413);
    assert.equal(over.body['code'], 'body-too-large');
    const streamed = await fetch(at('/hook'), {
      method: 'POST',
      body: new Blob(['x'.repeat(2_000_000)]).stream(),
      duplex: 'half',
    } as RequestInit);
    assert.equal(streamed.status, 413);
    assert.equal(seen.length, 1);
  });

  it('refusals and bugs › problem documents as everywhere', async () => {
    const refused = await call(at('/hook/refused'), { raw: '{}' });
    assert.equal(refused.status, 401);
    assert.equal(refused.headers.get('content-type'), 'application/problem+json');
    assert.equal(refused.headers.get('www-authenticate'), null);
    const broken = await call(at('/hook/broken'), { raw: '{}' });
    assert.equal(broken.status, 500);
    assert.doesNotMatch(broken.text, /canary/);
  });

  it('another method › 405 with Allow; a longer path or a broken escape › 404', async () => {
    const wrong = await call(at('/hook'), { method: 'PUT', raw: 'x' });
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.get('allow'), 'GET, POST');
    for (const path of ['/hook/a/b', '/hook/%zz', '/hook/']) {
      assert.equal((await call(at(path), { raw: 'x' })).status, 404, path);
    }
  });

  it('an upload that breaks off › reaches no handler and is logged as 499', async () => {
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /hook HTTP/1.1\r\nHost: x\r\nX-Request-Id: gone\r\nContent-Length: 500\r\n\r\nhalf');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    const line = () => running.log.lines().find((entry) => entry['requestId'] === 'gone');
    for (let tries = 0; tries < 40 && line() === undefined; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 25));
    assert.equal(line()?.['status'], 499);
    assert.equal(line()?.['route'], '/hook');
    assert.equal(seen.length, 0);
  });
});
