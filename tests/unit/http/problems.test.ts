import assert from 'node:assert/strict';
import { assertOwnOrigin, mayCall } from '../../../src/http/access.ts';
import { createOwnOrigins } from '../../../src/http/own-origins.ts';
import { problemPages } from '../../../src/http/problem-pages.ts';
import { createProblemReplies, isDependencyAway, toAppError } from '../../../src/http/problems.ts';
import { cookieText } from '../../../src/http/reply.ts';
import type { Actor, RequestInfo } from '../../../src/http/route.ts';
import { problems } from '../../../src/app/problems.ts';
import { AppError } from '../../../src/platform/errors.ts';

const named = (name: string, extra: object = {}): Error => Object.assign(new Error('x'), { name, ...extra });

const replyTo = createProblemReplies({ problems, publicUrl: 'https://crm.test' });

describe('problem', () => {
  it('an AppError › answered with its code, page, request id and issues', () => {
    const errors = [{ path: 'body.to', message: 'Bad.' }];
    const { status, headers, document } = replyTo(
      new AppError('invalid-input', 'One thing.', { errors }),
      'req-1',
    );
    assert.equal(status, 400);
    assert.deepEqual(headers, {});
    assert.deepEqual(document, {
      type: 'https://crm.test/problems/invalid-input',
      title: problems['invalid-input'].title,
      status: 400,
      detail: 'One thing.',
      instance: 'req-1',
      code: 'invalid-input',
      errors,
    });
  });

  it('extensions › stand beside the fields of every problem', () => {
    const templates = [{ name: 'hello_world', language: 'en_US' }];
    const error = new AppError('window-closed', 'x', { extensions: { templates } });
    const { document } = replyTo(error, '');
    assert.deepEqual([document.code, document.templates], ['window-closed', templates]);
  });

  it('401 › names the scheme; a code that allows a retry › Retry-After in whole seconds, rounded up', () => {
    const headersOf = (error: AppError) => replyTo(error, '').headers;
    assert.match(headersOf(new AppError('unauthenticated', 'x'))['WWW-Authenticate'] ?? '', /^Bearer/);
    assert.equal(headersOf(new AppError('invalid-credentials', 'x'))['WWW-Authenticate'], undefined);
    const limited = new AppError('too-many-requests', 'x', { retryAfterSeconds: 1.2 });
    assert.equal(headersOf(limited)['Retry-After'], '2');
    assert.ok(Number(headersOf(new AppError('dependency-away', 'x'))['Retry-After']) > 0);
    assert.equal(headersOf(new AppError('internal', 'x'))['Retry-After'], undefined);
    assert.equal(headersOf(new AppError('not-found', 'x'))['Retry-After'], undefined);
  });

  for (const error of [
    named('MongoServerSelectionError'),
    named('MongoNetworkTimeoutError'),
    named('MongoServerError', { code: 10_107 }),
    named('MongoServerError', { code: 371, message: 'User writes blocked' }),
    named('MongoBulkWriteError', { code: 14_031, message: 'the disk is full' }),
    named('Error', { code: 'ECONNRESET', syscall: 'write' }),
    named('ServiceError', { cause: named('Error', { code: 14, details: '', metadata: {} }) }),
    new Error('wrapped', { cause: new Error('twice', { cause: named('MongoNetworkError') }) }),
  ]) {
    it(`${error.name} (${error.message}) › dependency-away`, () => {
      assert.equal(isDependencyAway(error), true);
      assert.equal(toAppError(error).code, 'dependency-away');
    });
  }

  for (const error of [
    named('MongoServerError', { code: 11_000 }),
    named('MongoBulkWriteError', { code: 11_000 }),
    named('Error', { code: 14 }),
    named('Error', { code: 'ECONNRESET' }),
    named('Error', { code: 'ENOENT', syscall: 'open' }),
    new Error('MongoNetworkError'),
    'MongoNetworkError',
    undefined,
  ]) {
    it(`${String(error)} › internal, without the cause`, () => {
      const told = toAppError(error);
      assert.equal(told.code, 'internal');
      assert.equal(told.message, 'The request failed because of a bug.');
      assert.equal(told.cause, error);
    });
  }

  it('every code › has a page; another › has none', async () => {
    const page = problemPages(problems, []).find(({ path }) => path === '/problems/:code');
    for (const code of Object.keys(problems)) {
      const reply = await page?.handle({ code });
      assert.match(String(reply?.body), new RegExp(`<code>${code}</code>`));
    }
    for (const code of ['toString', '__proto__', 'nope', '']) {
      await assert.rejects(async () => page?.handle({ code }), { code: 'not-found' });
    }
  });
});

describe('access', () => {
  const actor = (role: 'admin' | 'agent', isOperator = false) => ({ role, isOperator }) as Actor;

  it('roles › only those that the route names', () => {
    assert.equal(mayCall(['admin'], actor('admin')), true);
    assert.equal(mayCall(['admin'], actor('agent')), false);
    assert.equal(mayCall(['operator'], actor('admin')), false);
    assert.equal(mayCall(['operator'], actor('agent', true)), true);
    assert.equal(mayCall([], actor('admin', true)), false);
  });

  const own = createOwnOrigins({
    publicUrl: 'https://crm.test/api',
    corsOrigins: ['https://app.test'],
    allowsLocalPages: false,
  });
  const from = (headers: Record<string, string>) =>
    ({ header: (name: string) => headers[name] }) as unknown as RequestInfo;
  const allowed = [
    {},
    { 'sec-fetch-site': 'same-origin', origin: 'https://crm.test' },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'cross-site', origin: 'https://app.test' },
    { origin: 'https://crm.test' },
  ];
  const refused = [
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' },
    { 'sec-fetch-site': 'same-site', origin: 'https://other.crm.test' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'nonsense' },
    { origin: 'null' },
    { origin: 'https://crm.test.evil.test' },
    { origin: 'http://crm.test' },
    { origin: 'http://localhost:3000', host: 'localhost:4000' },
  ];
  for (const headers of allowed) {
    it(`cookie route from ${JSON.stringify(headers)} › goes on`, () => assertOwnOrigin(from(headers), own));
  }
  for (const headers of refused) {
    it(`cookie route from ${JSON.stringify(headers)} › is refused`, () => {
      assert.throws(() => assertOwnOrigin(from(headers), own), { code: 'origin-not-allowed' });
    });
  }
});

describe('cookie', () => {
  it('set and cleared › always httpOnly and SameSite=Lax, Secure and Domain as configured', () => {
    const cookie = { name: 'refreshToken', value: 'x', path: '/api/auth', maxAgeMs: 1_999 };
    assert.equal(
      cookieText(cookie, { domain: undefined, secure: false }),
      'refreshToken=x; Path=/api/auth; Max-Age=1; HttpOnly; SameSite=Lax',
    );
    assert.equal(
      cookieText({ ...cookie, value: null }, { domain: 'crm.test', secure: true }),
      'refreshToken=; Path=/api/auth; Domain=crm.test; Max-Age=0; HttpOnly; Secure; SameSite=Lax',
    );
  });
});
