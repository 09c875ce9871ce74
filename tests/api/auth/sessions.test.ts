import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { password, signUp } from '../../support/auth.ts';
import { call } from '../../support/http.ts';
import {
  assertOutWithinASecond,
  assertSignedIn,
  codeOf,
  logIn,
  newAdmin,
  newColleague,
  type Person,
  personOf,
  useIdentityApi,
} from '../../support/identity-api.ts';

interface ListedSession {
  readonly id: string;
  readonly isCurrent: boolean;
  readonly userAgent: string;
  readonly network: string | null;
}

describe('own sessions', () => {
  const api = useIdentityApi('sessions');
  const list = async (person: Person, query = '') => {
    const { status, body } = await person.call(`/api/auth/sessions${query}`);
    assert.equal(status, 200);
    return body as unknown as { items: ListedSession[]; nextCursor: string | null };
  };

  it('a list › every live sign-in with its program and its network, the newest first', async () => {
    const admin = await newAdmin(api());
    const phone = await call(`${api().url}/api/auth/login`, {
      json: { email: admin.email, password },
      headers: { 'user-agent': 'Phone/1.0', 'x-forwarded-for': '2001:db8:1:2:3::4' },
    });
    const { items, nextCursor } = await list(admin);
    assert.equal(nextCursor, null);
    assert.deepEqual(
      items.map(({ isCurrent, network }) => [isCurrent, network]),
      [
        [false, '2001:db8:1:2::/64'],
        [true, '127.0.0.1'],
      ],
    );
    assert.equal(items[0]?.userAgent, 'Phone/1.0');
    assert.equal(
      (await list(personOf(api(), phone))).items.find(({ isCurrent }) => isCurrent)?.id,
      items[0]?.id,
    );
    const first = await list(admin, '?limit=1');
    const second = await list(admin, `?limit=1&cursor=${first.nextCursor ?? ''}`);
    assert.deepEqual([...first.items, ...second.items], items);
    assert.equal(second.nextCursor, null);
  });

  it('one is ended › refused everywhere within a second, gone from the list, its cookie invalid', async () => {
    const admin = await newAdmin(api());
    const other = personOf(api(), await logIn(api(), admin.email));
    const [newest] = (await list(admin)).items;
    await assertSignedIn(api(), other.token);
    const ended = await admin.call(`/api/auth/sessions/${newest?.id}`, { method: 'DELETE' });
    assert.equal(ended.status, 204);
    await assertOutWithinASecond(api(), other.token);
    await assertSignedIn(api(), admin.token);
    assert.equal((await list(admin)).items.length, 1);
    const refreshed = await call(`${api().url}/api/auth/refresh`, { method: 'POST', cookie: other.cookie });
    assert.equal(refreshed.status, 401);
    const [event] = await api().auditOf(newest?.id ?? '');
    assert.equal(event?.['action'], 'session.ended');
    assert.deepEqual(event?.['after'], { endReason: 'ended-by-user' });
  });

  it('all but this one › the others end, this one stays', async () => {
    const admin = await newAdmin(api());
    const others = await Promise.all([logIn(api(), admin.email), logIn(api(), admin.email)]);
    assert.equal((await admin.call('/api/auth/sessions', { method: 'DELETE' })).status, 204);
    for (const other of others) await assertOutWithinASecond(api(), String(other.body['accessToken']));
    await assertSignedIn(api(), admin.token);
  });

  it('another user’s, already ended, or unknown › 404', async () => {
    const [admin, stranger] = await Promise.all([newAdmin(api()), newAdmin(api())]);
    const colleague = await newColleague(api(), admin);
    const ids = await Promise.all(
      [stranger, colleague].map(async (person) => (await list(person)).items[0]?.id ?? ''),
    );
    const [own] = (await list(admin)).items;
    for (const id of [...ids, new Types.ObjectId().toHexString()])
      assert.equal(
        codeOf(await admin.call(`/api/auth/sessions/${id}`, { method: 'DELETE' })),
        '404 not-found',
      );
    assert.equal((await admin.call(`/api/auth/sessions/${own?.id}`, { method: 'DELETE' })).status, 204);
    await assertSignedIn(api(), stranger.token);
    await assertSignedIn(api(), colleague.token);
  });

  it('log-out › audited with the reason', async () => {
    const admin = await newAdmin(api());
    const [own] = (await list(admin)).items;
    await call(`${api().url}/api/auth/logout`, { method: 'POST', cookie: admin.cookie });
    await assertOutWithinASecond(api(), admin.token);
    const [event] = await api().auditOf(own?.id ?? '');
    assert.deepEqual(event?.['after'], { endReason: 'logout' });
  });

  it('a copied refresh token › the session ends, and the audit says why', async () => {
    const start = personOf(api(), await signUp(api().url));
    const [own] = (await list(start)).items;
    const refresh = (userAgent: string) =>
      call(`${api().url}/api/auth/refresh`, {
        method: 'POST',
        cookie: start.cookie,
        headers: { 'user-agent': userAgent },
      });
    assert.equal((await refresh('Mine/1')).status, 200);
    assert.equal((await refresh('Theirs/1')).status, 401);
    const [event] = await api().auditOf(own?.id ?? '');
    assert.deepEqual(
      [event?.['actor'], event?.['after']],
      [{ type: 'system' }, { endReason: 'token-reused' }],
    );
  });

  it('an admin ends all of a user › refused within a second, can sign in again; other clients’ users are 404', async () => {
    const admin = await newAdmin(api());
    const agent = await newColleague(api(), admin);
    const stranger = await newAdmin(api());
    await assertSignedIn(api(), agent.token);
    const end = (id: string, by: Person) => by.call(`/api/users/${id}/sessions`, { method: 'DELETE' });
    assert.equal(codeOf(await end(agent.id, stranger)), '404 not-found');
    assert.equal(codeOf(await end(admin.id, agent)), '403 forbidden');
    await assertSignedIn(api(), agent.token);
    assert.equal((await end(agent.id, admin)).status, 204);
    await assertOutWithinASecond(api(), agent.token);
    assert.equal((await logIn(api(), agent.email)).status, 200);
  });
});
