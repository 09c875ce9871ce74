import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { createAuthenticate } from '../../../src/http/authenticate.ts';
import { AppError } from '../../../src/platform/errors.ts';
import { type Answer, call, issuePaths, type RunningServer, serve } from '../../support/http.ts';
import { sampleRoutes } from './sample-routes.ts';

const ids = { userId: new Types.ObjectId(), clientId: new Types.ObjectId() };

const authenticate = createAuthenticate(async (token) => {
  if (token !== 'admin' && token !== 'agent') throw new AppError('unauthenticated', 'Unknown token.');
  return { ...ids, role: token, isOperator: false, sessionId: 's', accessEndsAt: new Date(8.64e15) };
});

/** The names in a header that lists headers. */
const namesIn = ({ headers }: Answer, name: string): string[] =>
  headers.get(name)?.toLowerCase().split(',') ?? [];

describe('http server', () => {
  let running: RunningServer;
  const at = (path: string): string => `${running.url}${path}`;
  const linesOf = (requestId: string | null) =>
    running.log.lines().filter((line) => line['requestId'] === requestId);

  before(async () => {
    running = await serve({
      routes: sampleRoutes,
      authenticate,
      env: { CORS_ORIGINS: 'https://app.test', COOKIE_SECURE: 'true' },
    });
  });
  after(() => running.server.close({ graceMs: 100 }));

  it('a declared reply › is stripped to its schema, never cached, and carries security headers', async () => {
    const answer = await call(at('/api/things/7'));
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, { id: '7', name: 'thing' });
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.doesNotMatch(answer.headers.get('content-security-policy') ?? '', /unsafe|https?:/);
    assert.equal(answer.headers.get('strict-transport-security'), null, 'the public address is http here');
  });

  it('201 › Location and cookie as configured', async () => {
    const answer = await call(at('/api/things'), { json: { name: 'x' } });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers.get('location'), '/api/things/1');
    assert.deepEqual(answer.headers.getSetCookie(), ['crumb=c; Path=/; HttpOnly; Secure; SameSite=Lax']);
  });

  it('a path without parameters › wins over one with parameters, in any order', async () => {
    assert.equal((await call(at('/api/things/special'))).body['name'], 'before :id');
  });

  it('an unknown path › 404, a wrong method › 405 with Allow, both as problems', async () => {
    for (const path of ['/nothing', '/api/nothing', '/api/things/%zz/x', '/API/things/7', '/problems/nope']) {
      const answer = await call(at(path));
      assert.equal(answer.status, 404, path);
      assert.equal(answer.body['code'], 'not-found');
      assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    }
    const wrong = await call(at('/api/things/7'), { method: 'PUT', json: {} });
    assert.equal(wrong.status, 405);
    assert.equal(wrong.body['code'], 'method-not-allowed');
    assert.deepEqual(wrong.headers.get('allow')?.split(', ').toSorted(), ['DELETE', 'GET', 'HEAD']);
  });

  it('HEAD › as GET without body; OPTIONS › the allowed methods', async () => {
    const head = await call(at('/api/things/7'), { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
    const options = await call(at('/api/things/7'), { method: 'OPTIONS' });
    assert.equal(options.status, 200);
    assert.match(options.headers.get('allow') ?? '', /DELETE/);
  });

  it('a malformed escape in the path › no 500', async () => {
    assert.ok((await call(at('/api/things/%zz'))).status < 500);
  });

  it('access › 401 without and with a wrong token, 403 with the wrong role, then the handler', async () => {
    const remove = (headers: Record<string, string>) =>
      call(at('/api/things/7'), { method: 'DELETE', headers });
    for (const authorization of [undefined, 'Basic YTpi', 'Bearer', 'Bearer nobody', 'Bearer a b', 'admin']) {
      const answer = await remove(authorization === undefined ? {} : { authorization });
      assert.equal(answer.status, 401, authorization);
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
    }
    assert.equal((await remove({ authorization: 'Bearer agent' })).body['code'], 'forbidden');
    const done = await remove({ authorization: 'bearer admin' });
    assert.equal(done.status, 204);
    assert.equal(done.text, '');
  });

  it('CORS › configured origins with credentials, no others', async () => {
    const ours = await call(at('/api/things/7'), { headers: { origin: 'https://app.test' } });
    assert.equal(ours.headers.get('access-control-allow-origin'), 'https://app.test');
    assert.equal(ours.headers.get('access-control-allow-credentials'), 'true');
    for (const origin of ['https://evil.test', 'null', 'https://app.test.evil.test']) {
      const theirs = await call(at('/api/things/7'), { headers: { origin } });
      assert.equal(theirs.headers.get('access-control-allow-origin'), null);
    }
    const preflight = await call(at('/api/things'), {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.test',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,idempotency-key,traceparent,baggage',
      },
    });
    assert.equal(preflight.status, 204);
    assert.deepEqual(
      namesIn(preflight, 'access-control-allow-headers').filter((name) => name !== 'x-request-id'),
      [
        'authorization',
        'content-type',
        'idempotency-key',
        'if-match',
        'if-none-match',
        'range',
        'last-event-id',
        'traceparent',
        'tracestate',
        'baggage',
      ],
    );
    const failed = await call(at('/api/broken/bug'), { headers: { origin: 'https://app.test' } });
    assert.equal(failed.headers.get('access-control-allow-origin'), 'https://app.test', 'also on errors');
  });

  it('CORS › everything that the API says in headers › is readable in a page', async () => {
    const answer = await call(at('/api/things/7'), { headers: { origin: 'https://app.test' } });
    const exposed = namesIn(answer, 'access-control-expose-headers');
    const wanted = ['www-authenticate', 'etag', 'location', 'outcome', 'retry-after', 'x-request-id'];
    const ofFiles = ['accept-ranges', 'content-range', 'content-disposition'];
    assert.deepEqual(exposed.toSorted(), [...wanted, ...ofFiles, 'ratelimit', 'ratelimit-policy'].toSorted());
  });

  it('a cookie route › from a foreign page 403, from an allowed page and from a program 204', async () => {
    const post = (headers: Record<string, string>) => call(at('/api/cookie'), { method: 'POST', headers });
    const foreign = await post({ origin: 'https://evil.test' });
    assert.equal(foreign.status, 403);
    assert.equal(foreign.body['code'], 'origin-not-allowed');
    assert.equal((await post({ origin: 'https://app.test' })).status, 204);
    assert.match((await post({})).headers.get('set-cookie') ?? '', /^crumb=; Path=\/; Max-Age=0/);
  });

  it('a bug › a bare 500 that shows nothing; the log has the causes under the same request id', async () => {
    for (const how of ['bug', 'misfit', 'undeclared']) {
      const answer = await call(at(`/api/broken/${how}`));
      assert.equal(answer.status, 500, how);
      assert.equal(answer.body['code'], 'internal');
      assert.doesNotMatch(answer.text, /canary|at .*\.ts/);
      const id = answer.headers.get('x-request-id');
      assert.equal(answer.body['instance'], id);
      const line = linesOf(id).find(({ level }) => level === 'error');
      assert.ok(line !== undefined, how);
      if (how === 'bug') assert.match(JSON.stringify(line['error']), /deeper canary/);
    }
  });

  it('an unavailable database › 503 with Retry-After, logged as a warning', async () => {
    const answer = await call(at('/api/broken/away'));
    assert.equal(answer.status, 503);
    assert.equal(answer.body['code'], 'dependency-away');
    assert.ok(Number(answer.headers.get('retry-after')) > 0);
    assert.doesNotMatch(answer.text, /canary/);
    assert.ok(linesOf(answer.headers.get('x-request-id')).some(({ level }) => level === 'warn'));
  });

  it('a refusal › not logged as an error, only its code in the access line', async () => {
    const answer = await call(at('/api/broken/known'));
    assert.equal(answer.status, 409);
    const lines = linesOf(answer.headers.get('x-request-id'));
    assert.deepEqual(
      lines.map(({ level, code, status }) => ({ level, code, status })),
      [{ level: 'info', code: 'email-taken', status: 409 }],
    );
  });

  it('the request id › accepted if valid, otherwise generated; on every answer and in the one access line', async () => {
    const given = await call(at('/api/things/7'), { headers: { 'x-request-id': 'mine-1' } });
    assert.equal(given.headers.get('x-request-id'), 'mine-1');
    const [line] = linesOf('mine-1');
    assert.equal(linesOf('mine-1').length, 1);
    assert.deepEqual(
      [line?.['method'], line?.['route'], line?.['status'], typeof line?.['ms']],
      ['GET', '/api/things/:id', 200, 'number'],
    );
    const made = await call(at('/nothing'), { headers: { 'x-request-id': 'a b' } });
    assert.match(made.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
  });

  it('the access line › shows known ids and the caller, never other parts of the path', async () => {
    const id = new Types.ObjectId().toHexString();
    await call(at(`/api/things/${id}`), {
      method: 'DELETE',
      token: 'admin',
      headers: { 'x-request-id': 'line-1' },
    });
    const [line] = linesOf('line-1');
    assert.equal(line?.['id'], id);
    assert.equal(line?.['userId'], ids.userId.toHexString());
    assert.equal(line?.['clientId'], ids.clientId.toHexString());
    await call(at('/api/things/+4479110000001'), { headers: { 'x-request-id': 'line-2' } });
    assert.doesNotMatch(JSON.stringify(linesOf('line-2')), /44791/);
  });

  it('validation › all issues of the request at once', async () => {
    const answer = await call(at('/api/things?x=1&x=2'), {
      json: { nam: 1 },
      headers: { 'idempotency-key': 'two words' },
    });
    assert.equal(answer.status, 400);
    assert.deepEqual(issuePaths(answer), [
      'query.x',
      'query.x',
      'body.name',
      'body.nam',
      'header.idempotency-key',
    ]);
  });

  it('a foreign Host header › changes no address in the answer', async () => {
    const answer = await call(at('/nothing'), { headers: { 'x-forwarded-host': 'evil.test' } });
    assert.equal(answer.body['type'], 'http://crm.test/problems/not-found');
  });
});
