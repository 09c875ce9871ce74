import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Types } from 'mongoose';
import { z } from 'zod';
import { type Actor, route } from '../../../src/http/route.ts';
import { AppError } from '../../../src/platform/errors.ts';
import { type Answer, call, type RunningServer, serve } from '../../support/http.ts';

const users: Readonly<Record<string, Actor>> = Object.fromEntries(
  ['ana', 'bob'].map((name) => [
    name,
    {
      userId: new Types.ObjectId(),
      clientId: new Types.ObjectId(),
      role: 'agent',
      isOperator: false,
      sessionId: '',
      accessEndsAt: new Date(8.64e15),
    },
  ]),
);

const Ok = z.object({ ok: z.boolean() });
const ok = async () => ({ status: 200 as const, body: { ok: true } });
const shared = { method: 'get', summary: 'Test', tag: 'Test', replies: { 200: Ok }, handle: ok } as const;
const routes = [
  route({ ...shared, path: '/api/mine', operationId: 'getMine', access: ['agent'] }),
  route({ ...shared, path: '/api/open', operationId: 'getOpen', access: 'public' }),
  route({ ...shared, path: '/elsewhere', operationId: 'getElsewhere', access: 'public' }),
];

describe('limit of requests', () => {
  const servers: RunningServer[] = [];
  afterEach(async () => {
    mock.timers.reset();
    await Promise.all(servers.splice(0).map(({ server }) => server.close({ graceMs: 100 })));
  });

  async function start(limit: string): Promise<string> {
    const running = await serve({
      routes,
      env: { RATE_LIMIT_PER_MINUTE: limit, TRUSTED_PROXIES: '1' },
      rawRoutes: [
        {
          method: 'post',
          path: '/webhook/incoming',
          operationId: 'receiveEvents',
          summary: 'Test',
          tag: 'Test',
          maxBytes: 1_000,
          documentation: { replies: { 200: { description: 'Taken' } } },
          handle: async () => ({ status: 200 }),
        },
      ],
      authenticate: async (authorization) => {
        const actor = users[authorization?.split(' ')[1] ?? ''];
        if (actor === undefined) throw new AppError('unauthenticated', 'Who is that?');
        return actor;
      },
    });
    servers.push(running);
    return running.url;
  }

  const times = async (count: number, ask: () => Promise<Answer>): Promise<number[]> => {
    const statuses: number[] = [];
    for (let index = 0; index < count; index += 1) statuses.push((await ask()).status);
    return statuses;
  };
  const from = (ip: string) => ({ headers: { 'x-forwarded-for': ip } });

  it('below it › headers that say how much is left and until when', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const url = await start('3');
    const first = await call(`${url}/api/mine`, { token: 'ana' });
    assert.equal(first.headers.get('ratelimit-policy'), '"default";q=3;w=60');
    assert.equal(first.headers.get('ratelimit'), '"default";r=2;t=60');
    mock.timers.setTime(Date.now() + 20_500);
    const second = await call(`${url}/api/mine`, { token: 'ana' });
    assert.equal(second.headers.get('ratelimit'), '"default";r=1;t=40');
  });

  it('over it › 429 with Retry-After rounded up; another user continues; after the minute, so does this one', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const url = await start('3');
    const mine = () => call(`${url}/api/mine`, { token: 'ana' });
    assert.deepEqual(await times(3, mine), [200, 200, 200]);
    mock.timers.setTime(Date.now() + 59_100);
    const refused = await mine();
    assert.equal(refused.status, 429);
    assert.equal(refused.body['code'], 'too-many-requests');
    assert.equal(refused.headers.get('retry-after'), '1');
    assert.equal(refused.headers.get('ratelimit'), '"default";r=0;t=1');
    assert.equal((await call(`${url}/api/mine`, { token: 'bob' })).status, 200);
    mock.timers.setTime(Date.now() + 900);
    assert.equal((await mine()).status, 200);
  });

  it('without a user › counts the address; a token that is refused too, with the headers on its 401', async () => {
    const url = await start('3');
    const open = (ip: string) => call(`${url}/api/open`, from(ip));
    assert.deepEqual(await times(2, () => open('203.0.113.1')), [200, 200]);
    const bad = await call(`${url}/api/mine`, { token: 'mallory', ...from('203.0.113.1') });
    assert.equal(bad.status, 401);
    assert.equal(bad.headers.get('ratelimit'), '"default";r=0;t=60');
    assert.equal((await call(`${url}/api/mine`, { token: 'mallory', ...from('203.0.113.1') })).status, 429);
    assert.equal((await open('203.0.113.2')).status, 200);
    assert.equal((await call(`${url}/api/mine`, { token: 'ana', ...from('203.0.113.1') })).status, 200);
  });

  it('one /64 of IPv6 › is one address', async () => {
    const url = await start('1');
    const open = (ip: string) => call(`${url}/api/open`, from(ip));
    assert.equal((await open('2001:db8::1')).status, 200);
    assert.equal((await open('2001:db8::2')).status, 429);
    assert.equal((await open('2001:db8:0:1::1')).status, 200);
  });

  it('probes, webhooks and non-API paths › not counted', async () => {
    const url = await start('1');
    for (const path of ['/api/health', '/healthz', '/elsewhere']) {
      assert.deepEqual(await times(3, () => call(`${url}${path}`)), [200, 200, 200]);
      assert.equal((await call(`${url}${path}`)).headers.get('ratelimit'), null);
    }
    const webhook = () => call(`${url}/webhook/incoming`, { raw: '{}' });
    assert.deepEqual(await times(3, webhook), [200, 200, 200]);
  });

  it('0 › no limit and no headers', async () => {
    const url = await start('0');
    assert.deepEqual(await times(5, () => call(`${url}/api/open`)), [200, 200, 200, 200, 200]);
    assert.equal((await call(`${url}/api/open`)).headers.get('ratelimit-policy'), null);
  });
});
