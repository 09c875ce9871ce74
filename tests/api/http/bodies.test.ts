import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { call, type RunningServer, serve } from '../../support/http.ts';
import { sampleRoutes } from './sample-routes.ts';

const json = { 'content-type': 'application/json' };
const nested = (depth: number): string => `{"name":"x","deep":${'['.repeat(depth)}${']'.repeat(depth)}}`;

describe('json body', () => {
  let running: RunningServer;
  const post = (raw: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = json) =>
    call(`${running.url}/api/things`, { method: 'POST', raw, headers });

  before(async () => {
    running = await serve({ routes: sampleRoutes });
  });
  after(() => running.server.close({ graceMs: 100 }));

  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=b',
    '',
  ]) {
    it(`content type "${type}" › 415`, async () => {
      const answer = await post('{"name":"x"}', { 'content-type': type });
      assert.equal(answer.status, 415);
      assert.equal(answer.body['code'], 'unsupported-media-type');
    });
  }

  it('content type with a charset › is read', async () => {
    assert.equal(
      (await post('{"name":"x"}', { 'content-type': 'application/json; charset=utf-8' })).status,
      201,
    );
  });

  for (const [situation, text] of [
    ['cut off', '{"name":'],
    ['a bare string', '"x"'],
    ['a bare number', '5'],
    ['not JSON', 'name=x'],
    ['__proto__', '{"name":"x","__proto__":{"isAdmin":true}}'],
    ['__proto__ deep inside', '{"name":"x","deep":{"a":[{"__proto__":1}]}}'],
    ['33 levels', nested(32)],
    ['thousands of levels', nested(40_000)],
  ] as const) {
    it(`${situation} › 400 malformed-json`, async () => {
      const answer = await post(text);
      assert.equal(answer.status, 400);
      assert.equal(answer.body['code'], 'malformed-json');
    });
  }

  it('32 levels › are read', async () => {
    assert.equal((await post(nested(31))).status, 201);
  });

  it('a prototype by another name, or an array › 400 invalid-input', async () => {
    assert.equal((await post('{"name":"x","constructor":{"prototype":{}}}')).body['code'], 'invalid-input');
    assert.equal((await post('[]')).body['code'], 'invalid-input');
  });

  it('no body at all › 400 that names it', async () => {
    const answer = await call(`${running.url}/api/things`, { method: 'POST' });
    assert.equal(answer.status, 400);
    assert.deepEqual(answer.body['errors'], [{ path: 'body', message: 'This is required.' }]);
  });

  it('100 KiB › is read; a byte more › 413, declared or not', async () => {
    const exact = (size: number): string => `{"name":"${'x'.repeat(size - '{"name":""}'.length)}"}`;
    assert.equal((await post(exact(102_400))).status, 201);
    const over = await post(exact(102_401));
    assert.equal(over.status, 413);
    assert.equal(over.body['code'], 'body-too-large');
    assert.match(String(over.body['detail']), /102400/);
    const streamed = await fetch(`${running.url}/api/things`, {
      method: 'POST',
      headers: json,
      body: new Blob([exact(3_000_000)]).stream(),
      duplex: 'half',
    } as RequestInit);
    assert.equal(streamed.status, 413);
  });

  it('a small archive of a large body › 413; a broken or unknown encoding › 4xx', async () => {
    const bomb = gzipSync(`{"name":"${'x'.repeat(5_000_000)}"}`);
    assert.ok(bomb.byteLength < 10_000);
    const gzip = { ...json, 'content-encoding': 'gzip' };
    assert.equal((await post(new Uint8Array(bomb), gzip)).status, 413);
    assert.equal((await post(new Uint8Array(gzipSync('{"name":"x"}')), gzip)).status, 201);
    assert.equal((await post('no gzip', gzip)).status, 400);
    assert.equal((await post('{"name":"x"}', { ...json, 'content-encoding': 'zstd-9' })).status, 415);
  });

  it('a client that disconnects within the body › no error, status 499 in the log, plain and compressed', async () => {
    const starts = { identity: Buffer.from('{"name":'), gzip: gzipSync('{"name":"x"}').subarray(0, 12) };
    for (const [index, [encoding, start]] of Object.entries(starts).entries()) {
      const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
      await once(socket, 'connect');
      const lines = [
        'POST /api/things HTTP/1.1',
        'Host: x',
        'Content-Type: application/json',
        'Content-Length: 1000',
        `Content-Encoding: ${encoding}`,
        `X-Request-Id: gone-${index}`,
      ];
      socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), start]));
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.destroy();
    }
    const gone = () => running.log.lines().filter((line) => String(line['requestId']).startsWith('gone-'));
    for (let tries = 0; tries < 40 && gone().length < 2; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 25));
    assert.deepEqual(
      gone().map(({ level, status }) => ({ level, status })),
      [
        { level: 'info', status: 499 },
        { level: 'info', status: 499 },
      ],
    );
  });
});
