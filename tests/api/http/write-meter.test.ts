import assert from 'node:assert/strict';
import { z } from 'zod';
import { route, type Actor } from '../../../src/http/route.ts';
import { AppError } from '../../../src/platform/errors.ts';
import { newId } from '../../../src/platform/ids.ts';
import { call, serve } from '../../support/http.ts';

const Thing = z.object({ name: z.string() }).meta({ id: 'Thing' });
const actor: Actor = {
  ...{ userId: newId(), clientId: newId(), role: 'admin', isOperator: false, sessionId: 's' },
  accessEndsAt: new Date('2027-01-01T00:00:00Z'),
};

describe('http › what requests store', () => {
  const noted: string[] = [];
  const common = { summary: 'A thing', tag: 'Things', access: ['admin'] } as const;
  const answer = async () => ({ status: 200, body: { name: 'x'.repeat(100) } }) as const;
  const declare = (method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string) =>
    route({
      ...common,
      ...{ method, path, operationId: `${method}${path.replaceAll('/', '_')}` },
      ...(method === 'get' || method === 'delete' ? {} : { body: Thing }),
      ...(method === 'post' ? { idempotent: 'by-answer' as const } : {}),
      replies: { 200: Thing },
      handle: async () => {
        noted.push('handled');
        return answer();
      },
    });
  const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
  const routes = [
    ...methods.map((method) => declare(method, '/api/things')),
    declare('post', '/api/auth/things'),
  ];
  let isFull = false;
  let server: Awaited<ReturnType<typeof serve>>;

  before(async () => {
    server = await serve({
      routes,
      authenticate: async () => actor,
      meter: {
        async take({ clientId }, bytes) {
          if (isFull) throw new AppError('too-many-requests', 'full', { retryAfterSeconds: 60 });
          noted.push(`${clientId.equals(actor.clientId)} ${bytes}`);
        },
        owe: async (_actor, bytes) => void noted.push(`owes ${bytes}`),
      },
    });
  });
  beforeEach(() => {
    isFull = false;
    noted.length = 0;
  });
  after(() => server.server.close({ graceMs: 1_000, announceMs: 0 }));

  const send = (method: string, path = '/api/things', headers: Record<string, string> = {}) =>
    call(`${server.url}${path}`, {
      ...{ method: method.toUpperCase(), headers: { authorization: 'Bearer t', ...headers } },
      ...(method === 'get' || method === 'delete' ? {} : { json: { name: 'Ana' } }),
    });
  const bodyBytes = JSON.stringify({ name: 'Ana' }).length;

  for (const method of ['post', 'put', 'patch'] as const) {
    it(`${method} › takes its body before it is handled`, async () => {
      assert.equal((await send(method)).status, 200);
      assert.deepEqual(noted, [`true ${bodyBytes}`, 'handled']);
    });

    it(`${method}, on a full day › 429, not handled`, async () => {
      isFull = true;
      const { status, headers } = await send(method);
      assert.deepEqual([status, headers.get('retry-after'), noted], [429, '60', []]);
    });
  }

  it('an answer that is kept for its key › is owed', async () => {
    const { text } = await send('post', '/api/things', { 'idempotency-key': 'k' });
    assert.deepEqual(noted, [`true ${bodyBytes}`, 'handled', `owes ${Buffer.byteLength(text)}`]);
  });

  for (const [method, path] of [
    ['get', '/api/things'],
    ['delete', '/api/things'],
    ['post', '/api/auth/things'],
  ] as const) {
    it(`${method} ${path}, on a full day › handled`, async () => {
      isFull = true;
      assert.equal((await send(method, path)).status, 200);
      assert.deepEqual(noted, ['handled']);
    });
  }
});
