import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { createFixedClock } from '../../../src/platform/clock.ts';
import {
  type AuthServer,
  authModels,
  newEmail,
  refresh,
  refreshCookieOf,
  serveAuth,
  signUp,
} from '../../support/auth.ts';
import { type Answer, call } from '../../support/http.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';

describe('refresh', () => {
  let database: TestDatabase;
  let server: AuthServer;
  const clock = createFixedClock(new Date('2026-11-23T09:00:00.000Z'));

  before(async () => {
    database = await connectTestDatabase('refresh', authModels);
    server = await serveAuth({ connection: database.connection, clock });
  });
  after(async () => {
    await server.close();
    await database.close();
  });

  const collection = (name: string) => database.connection.collection(name);
  const userIdOf = (answer: Answer) => new Types.ObjectId((answer.body['user'] as { id: string }).id);
  const me = async (answer: Answer): Promise<number> =>
    (await call(`${server.url}/api/auth/me`, { token: String(answer.body['accessToken']) })).status;
  const heads = (userId: Types.ObjectId) =>
    collection('refresh_tokens').countDocuments({ userId, usedAt: { $exists: false }, revoked: false });

  /** A signed-up user and the cookies of `length` rotations after it, oldest first. */
  async function chain(length: number) {
    const start = await signUp(server.url);
    const cookies = [refreshCookieOf(start)];
    for (let index = 0; index < length; index += 1) {
      clock.advance(60_000);
      const answer = await refresh(server.url, cookies[index] ?? '');
      assert.equal(answer.status, 200);
      cookies.push(refreshCookieOf(answer));
    }
    return { start, userId: userIdOf(start), cookies };
  }

  it('a rotation › a new cookie, a token that works, the same person; the chain goes on', async () => {
    const { start, cookies, userId } = await chain(3);
    assert.equal(new Set(cookies).size, 4);
    const answer = await refresh(server.url, cookies[3] ?? '');
    assert.deepEqual(answer.body['user'], start.body['user']);
    assert.equal(await me(answer), 200);
    assert.equal(await heads(userId), 1);
    const tokens = await collection('refresh_tokens').find({ userId }).sort({ createdAt: 1 }).toArray();
    assert.deepEqual(
      tokens.map(({ parentId }) => String(parentId)),
      ['null', ...tokens.slice(0, -1).map(({ _id }) => String(_id))],
    );
    assert.equal(new Set(tokens.map(({ familyId }) => String(familyId))).size, 1);
  });

  it('the last cookie again within ten seconds › the same child, also for a second time', async () => {
    const { cookies, userId } = await chain(0);
    const first = await refresh(server.url, cookies[0] ?? '');
    clock.advance(10_000);
    for (let index = 0; index < 2; index += 1) {
      const again = await refresh(server.url, cookies[0] ?? '');
      assert.equal(again.status, 200);
      assert.equal(refreshCookieOf(again), refreshCookieOf(first));
    }
    assert.equal(await heads(userId), 1);
    assert.equal((await refresh(server.url, refreshCookieOf(first))).status, 200);
  });

  it('the last cookie again after the grace › the family ends everywhere, and it is logged', async () => {
    const { cookies, userId, start } = await chain(0);
    const child = await refresh(server.url, cookies[0] ?? '');
    assert.equal(await me(child), 200);
    clock.advance(10_001);
    const reused = await refresh(server.url, cookies[0] ?? '', { 'x-request-id': 'reused-1' });
    assert.equal(reused.status, 401);
    assert.deepEqual(reused.headers.getSetCookie(), []);
    assert.equal((await refresh(server.url, refreshCookieOf(child))).status, 401);
    assert.equal(await me(child), 401);
    assert.equal(await me(start), 401);
    assert.equal(await heads(userId), 0);
    const session = await collection('sessions').findOne({ userId });
    assert.equal(session?.['endReason'], 'token-reused');
    const line = server.log.lines().find((entry) => entry['sessionId'] === session?._id.toHexString());
    assert.equal(line?.['level'], 'warn');
  });

  it('a chain of four and the first again › all four are revoked and refused', async () => {
    const { cookies, userId } = await chain(3);
    assert.equal((await refresh(server.url, cookies[0] ?? '')).status, 401);
    assert.equal(await collection('refresh_tokens').countDocuments({ userId, revoked: true }), 4);
    for (const cookie of cookies) assert.equal((await refresh(server.url, cookie)).status, 401);
  });

  it('a grandparent within the grace › ends the family', async () => {
    const { cookies, userId } = await chain(0);
    const child = await refresh(server.url, cookies[0] ?? '');
    clock.advance(1_000);
    const grandchild = await refresh(server.url, refreshCookieOf(child));
    clock.advance(1_000);
    assert.equal((await refresh(server.url, cookies[0] ?? '')).status, 401);
    assert.equal((await refresh(server.url, refreshCookieOf(grandchild))).status, 401);
    assert.equal(await heads(userId), 0);
  });

  it('the parent within the grace from another browser › ends the family', async () => {
    const { cookies, userId } = await chain(0);
    await refresh(server.url, cookies[0] ?? '', { 'user-agent': 'Firefox' });
    assert.equal((await refresh(server.url, cookies[0] ?? '', { 'user-agent': 'curl' })).status, 401);
    assert.equal(await heads(userId), 0);
  });

  it('fifty at once with one cookie › all get the same child, one valid newest token, one family', async () => {
    const { cookies, userId } = await chain(0);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => refresh(server.url, cookies[0] ?? '')),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    assert.equal(new Set(answers.map(refreshCookieOf)).size, 1);
    assert.equal(await heads(userId), 1);
    assert.equal(await collection('refresh_tokens').countDocuments({ userId }), 2);
    assert.equal(await collection('sessions').countDocuments({ userId, endedAt: { $exists: false } }), 1);
  });

  it('reuse and rotation at the same moment › never leave a valid newest token', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { cookies, userId } = await chain(2);
      clock.advance(60_000);
      await Promise.all([
        refresh(server.url, cookies[2] ?? ''),
        refresh(server.url, cookies[0] ?? ''),
        refresh(server.url, cookies[1] ?? ''),
      ]);
      const session = await collection('sessions').findOne({ userId });
      assert.ok(session?.['endedAt'] instanceof Date);
      const tokens = await collection('refresh_tokens').find({ userId }).toArray();
      assert.ok(tokens.length <= 4);
      const after = await refresh(server.url, cookies[2] ?? '');
      assert.equal(after.status, 401);
    }
  });

  it('a crash between using the parent and creating the child › the same cookie within the grace repairs it', async () => {
    const { cookies, userId } = await chain(0);
    const first = await refresh(server.url, cookies[0] ?? '');
    await collection('refresh_tokens').deleteOne({ userId, parentId: { $ne: null } });
    clock.advance(2_000);
    const again = await refresh(server.url, cookies[0] ?? '');
    assert.equal(refreshCookieOf(again), refreshCookieOf(first));
    assert.equal((await refresh(server.url, refreshCookieOf(again))).status, 200);
  });

  it('no cookie, nonsense, an access token, a foreign signature › 401', async () => {
    const { start } = await chain(0);
    const other = await serveAuth({ connection: database.connection, clock });
    const foreign = refreshCookieOf(await signUp(other.url));
    await other.close();
    const access = `refreshToken=${String(start.body['accessToken'])}`;
    for (const cookie of ['', 'refreshToken=', 'refreshToken=nonsense', access, foreign]) {
      const answer = await refresh(server.url, cookie);
      assert.equal(answer.status, 401, cookie.slice(0, 30));
      assert.equal(answer.body['code'], 'unauthenticated');
    }
  });

  it('a week without use › the session is over', async () => {
    const { cookies } = await chain(1);
    clock.advance(7 * 86_400_000);
    assert.equal((await refresh(server.url, cookies[1] ?? '')).status, 401);
  });

  it('use every six days › the session still ends after thirty', async () => {
    const { cookies } = await chain(0);
    let [cookie = ''] = cookies;
    for (let day = 6; day <= 24; day += 6) {
      clock.advance(6 * 86_400_000);
      const answer = await refresh(server.url, cookie);
      assert.equal(answer.status, 200, `day ${day}`);
      cookie = refreshCookieOf(answer);
    }
    clock.advance(6 * 86_400_000);
    assert.equal((await refresh(server.url, cookie)).status, 401);
  });

  it('a foreign page › 403, and the cookie still works', async () => {
    const { cookies } = await chain(0);
    for (const headers of [{ origin: 'https://evil.test' }, { 'sec-fetch-site': 'cross-site' }]) {
      assert.equal((await refresh(server.url, cookies[0] ?? '', headers)).body['code'], 'origin-not-allowed');
    }
    const own = { origin: 'http://crm.test', 'sec-fetch-site': 'same-origin' };
    assert.equal((await refresh(server.url, cookies[0] ?? '', own)).status, 200);
  });

  it('a log-out › ends cookie and access token at once; repeated, or without a session › 204', async () => {
    const { start, cookies } = await chain(0);
    assert.equal(await me(start), 200);
    const logOut = (cookie: string) => call(`${server.url}/api/auth/logout`, { method: 'POST', cookie });
    const answer = await logOut(cookies[0] ?? '');
    assert.equal(answer.status, 204);
    assert.match(answer.headers.get('set-cookie') ?? '', /^refreshToken=; Path=\/api\/auth; Max-Age=0/);
    assert.equal(await me(start), 401);
    assert.equal((await refresh(server.url, cookies[0] ?? '')).status, 401);
    assert.equal((await logOut(cookies[0] ?? '')).status, 204);
    assert.equal((await logOut('')).status, 204);
  });

  it('one of two sessions logged out › the other continues', async () => {
    const email = newEmail();
    const first = await signUp(server.url, { email });
    const second = await call(`${server.url}/api/auth/login`, {
      json: { email, password: 'Seven-otters-like-tea' },
    });
    await call(`${server.url}/api/auth/logout`, { method: 'POST', cookie: refreshCookieOf(first) });
    assert.equal(await me(first), 401);
    assert.equal(await me(second), 200);
    assert.equal((await refresh(server.url, refreshCookieOf(second))).status, 200);
  });

  const endings: [string, (start: Answer) => Promise<unknown>][] = [
    [
      'a disabled user',
      (start) => collection('users').updateOne({ _id: userIdOf(start) }, { $set: { status: 'disabled' } }),
    ],
    ['a deleted user', (start) => collection('users').deleteOne({ _id: userIdOf(start) })],
    [
      'a deactivated client',
      (start) =>
        collection('clients').updateOne(
          { _id: new Types.ObjectId((start.body['client'] as { id: string }).id) },
          { $set: { isActive: false } },
        ),
    ],
    [
      'a session ended in another process',
      (start) =>
        collection('sessions').updateOne({ userId: userIdOf(start) }, { $set: { endedAt: clock.now() } }),
    ],
  ];
  for (const [situation, end] of endings) {
    it(`${situation} › refused within a second, access and refresh`, async () => {
      const { start, cookies } = await chain(0);
      assert.equal(await me(start), 200);
      await end(start);
      clock.advance(1_000);
      assert.equal(await me(start), 401);
      assert.equal((await refresh(server.url, cookies[0] ?? '')).status, 401);
    });
  }

  it('a changed role › takes effect within a second, without a new token', async () => {
    const { start, userId } = await chain(0);
    assert.equal(await me(start), 200);
    await collection('users').updateOne({ _id: userId }, { $set: { role: 'agent' } });
    clock.advance(1_000);
    const answer = await call(`${server.url}/api/auth/me`, { token: String(start.body['accessToken']) });
    assert.equal((answer.body['user'] as { role: string }).role, 'agent');
  });

  it('an expired access token › 401 although the session is alive', async () => {
    const { start, cookies } = await chain(0);
    clock.advance(15 * 60_000);
    assert.equal(await me(start), 401);
    assert.equal((await refresh(server.url, cookies[0] ?? '')).status, 200);
  });
});
