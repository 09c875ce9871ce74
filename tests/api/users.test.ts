import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { newEmail } from '../support/auth.ts';
import { type Answer, call, issuePaths } from '../support/http.ts';
import {
  appUrl,
  assertOutWithinASecond,
  assertSignedIn,
  codeOf,
  ifMatch,
  logIn,
  newAdmin,
  newColleague,
  type Person,
  resetPassword,
  tokenIn,
  useIdentityApi,
} from '../support/identity-api.ts';
import { waitFor } from '../support/wait.ts';

interface ListedUser {
  readonly id: string;
  readonly name: string;
  readonly email?: string;
}

describe('users', () => {
  const api = useIdentityApi('users');
  const invite = (by: Person, fields: object = {}) =>
    by.call('/api/users', { json: { name: 'Ana Souza', email: newEmail(), ...fields } });
  const patch = (by: Person, id: string, json: object, headers: Record<string, string> = {}) =>
    by.call(`/api/users/${id}`, { method: 'PATCH', json, headers });
  const idOf = ({ body }: Answer) => String(body['id']);
  const list = async (by: Person, query = '') => {
    const { status, body, text } = await by.call(`/api/users${query}`);
    assert.equal(status, 200, text);
    return body as unknown as { items: ListedUser[]; nextCursor: string | null };
  };

  it('an invitation › a user without a password, a mail with a link that sets it once, then a sign-in', async () => {
    const admin = await newAdmin(api());
    const email = newEmail();
    const invited = await invite(admin, { email: ` ${email.toUpperCase()} `, role: 'admin' });
    assert.equal(invited.status, 201);
    assert.equal(invited.headers.get('location'), `/api/users/${idOf(invited)}`);
    assert.equal(invited.headers.get('etag'), '"1"');
    assert.deepEqual(
      {
        email: invited.body['email'],
        role: invited.body['role'],
        status: invited.body['status'],
        hasPassword: invited.body['hasPassword'],
      },
      { email, role: 'admin', status: 'active', hasPassword: false },
    );
    const mail = await api().waitForMail(email);
    assert.ok(mail.text.includes(`${appUrl}/accept-invitation#token=`), mail.text);
    assert.ok(mail.text.includes('“Jane Doe” has created an account for you'), mail.text);
    assert.equal((await logIn(api(), email)).status, 401);
    assert.equal((await resetPassword(api(), tokenIn(mail))).status, 204);
    assert.equal((await resetPassword(api(), tokenIn(mail))).status, 400);
    const signedIn = await logIn(api(), email);
    assert.equal(signedIn.status, 200);
    assert.equal((signedIn.body['user'] as { hasPassword: boolean }).hasPassword, true);
    const events = await api().auditOf(idOf(invited));
    assert.deepEqual(
      events.map(({ action }) => String(action)),
      ['user.created', 'user.password-link-issued', 'user.password-set'],
    );
    const linkLifeMs = Number(events[1]?.['after'].expiresAt) - Number(events[1]?.['at']);
    assert.ok(Math.abs(linkLifeMs - 7 * 86_400_000) < 5_000, String(linkLifeMs));
  });

  it('sent again › another mail, both links valid until one is used; refused if the user has a password', async () => {
    const admin = await newAdmin(api());
    const email = newEmail();
    const invited = await invite(admin, { email });
    const first = tokenIn(await api().waitForMail(email));
    const again = () => admin.call(`/api/users/${idOf(invited)}/invite`, { method: 'POST' });
    assert.equal((await again()).status, 200);
    const second = tokenIn(await api().waitForMail(email, 2));
    assert.notEqual(first, second);
    assert.equal((await resetPassword(api(), first)).status, 204);
    assert.equal((await resetPassword(api(), second)).status, 400);
    assert.equal(codeOf(await again()), '409 wrong-state');
    assert.equal(
      codeOf(await admin.call(`/api/users/${admin.id}/invite`, { method: 'POST' })),
      '409 wrong-state',
    );
  });

  it('an address that is taken, here or elsewhere › 409, one user, no mail', async () => {
    const [admin, stranger] = await Promise.all([newAdmin(api()), newAdmin(api())]);
    assert.equal(codeOf(await invite(admin, { email: stranger.email })), '409 email-taken');
    const email = newEmail();
    const answers = await Promise.all([
      invite(admin, { email }),
      invite(admin, { email }),
      invite(stranger, { email }),
    ]);
    assert.deepEqual(answers.map(({ status }) => String(status)).toSorted(), ['201', '409', '409']);
    assert.equal(await api().collection('users').countDocuments({ email }), 1);
    await api().waitForMail(email);
    await api().untilMailsAreOut();
    assert.equal((await api().mailsTo(email)).length, 1);
  });

  it('agents › see names without addresses, and change nothing', async () => {
    const admin = await newAdmin(api());
    const agent = await newColleague(api(), admin);
    const shown = (await list(agent)).items;
    assert.deepEqual(
      shown.map((user) => Object.keys(user).toSorted()),
      [
        ['createdAt', 'hasPassword', 'id', 'name', 'role', 'status'],
        ['createdAt', 'hasPassword', 'id', 'name', 'role', 'status'],
      ],
    );
    const one = await agent.call(`/api/users/${admin.id}`);
    const { createdAt, ...shownToAgents } = one.body;
    assert.deepEqual(shownToAgents, {
      ...{ id: admin.id, name: 'Jane Doe', role: 'admin', status: 'active', hasPassword: true },
    });
    assert.match(String(createdAt), /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual((await list(agent, `?q=${encodeURIComponent(admin.email)}`)).items, []);
    assert.equal(codeOf(await invite(agent)), '403 forbidden');
    assert.equal(codeOf(await patch(agent, agent.id, { role: 'admin' })), '403 forbidden');
    assert.equal(
      codeOf(await agent.call(`/api/users/${agent.id}/invite`, { method: 'POST' })),
      '403 forbidden',
    );
  });

  it('users of another client › are not found', async () => {
    const [admin, stranger] = await Promise.all([newAdmin(api()), newAdmin(api())]);
    for (const answer of await Promise.all([
      stranger.call(`/api/users/${admin.id}`),
      patch(stranger, admin.id, { name: 'Mine' }),
      stranger.call(`/api/users/${admin.id}/invite`, { method: 'POST' }),
      admin.call(`/api/users/${new Types.ObjectId().toHexString()}`),
    ]))
      assert.equal(codeOf(answer), '404 not-found');
    assert.deepEqual(
      (await list(stranger)).items.map(({ id }) => id),
      [stranger.id],
    );
  });

  it('lists › pages, filters and the beginning of a name or an address', async () => {
    const admin = await newAdmin(api());
    const names = ['Zoë Ångström', 'ana souza', 'Ana Lima', 'Bob'];
    const ids: string[] = [];
    for (const name of names)
      ids.push(idOf(await invite(admin, { name, role: name === 'Bob' ? 'admin' : 'agent' })));
    await patch(admin, ids[0] ?? '', { status: 'disabled' });
    const namesOf = async (query: string) => (await list(admin, query)).items.map(({ name }) => name);
    assert.deepEqual(await namesOf(''), ['Bob', 'Ana Lima', 'ana souza', 'Zoë Ångström', 'Jane Doe']);
    assert.deepEqual(await namesOf('?q=ANA'), ['Ana Lima', 'ana souza']);
    assert.deepEqual(await namesOf('?q=zoe%20ang'), ['Zoë Ångström']);
    assert.deepEqual(await namesOf(`?q=${encodeURIComponent(admin.email.slice(0, -3).toUpperCase())}`), [
      'Jane Doe',
    ]);
    assert.deepEqual(await namesOf('?role=admin'), ['Bob', 'Jane Doe']);
    assert.deepEqual(await namesOf('?role=agent&status=active'), ['Ana Lima', 'ana souza']);
    const first = await list(admin, '?limit=3');
    const rest = await list(admin, `?limit=3&cursor=${first.nextCursor ?? ''}`);
    assert.deepEqual([...first.items, ...rest.items], (await list(admin)).items);
    assert.equal(rest.nextCursor, null);
    assert.deepEqual(issuePaths(await admin.call('/api/users?role=owner&status[$ne]=x')), [
      'query.role',
      'query.status[$ne]',
    ]);
  });

  it('a change › only the given fields, with a new ETag; on an older state › 412', async () => {
    const admin = await newAdmin(api());
    const id = idOf(await invite(admin));
    const read = await admin.call(`/api/users/${id}`);
    const changed = await patch(admin, id, { name: 'Ana Lima' }, ifMatch(read));
    assert.equal(changed.status, 200);
    assert.deepEqual(changed.body, { ...read.body, name: 'Ana Lima' });
    assert.equal(changed.headers.get('etag'), '"2"');
    assert.equal(codeOf(await patch(admin, id, { role: 'admin' }, ifMatch(read))), '412 precondition-failed');
    const same = await patch(admin, id, { name: 'Ana Lima' }, ifMatch(changed));
    assert.equal(same.headers.get('etag'), '"2"');
    const last = (await api().auditOf(id)).findLast(({ action }) => action === 'user.updated');
    assert.deepEqual([last?.['before'], last?.['after']], [{ name: 'Ana Souza' }, { name: 'Ana Lima' }]);
  });

  for (const [situation, body, paths] of [
    ['nothing', {}, ['body']],
    [
      'what is not theirs to change',
      { name: 'x', email: 'x@example.com', isOperator: true, clientId: 'x' },
      ['body.email', 'body.isOperator', 'body.clientId'],
    ],
    [
      'no such values',
      { role: 'owner', status: 'gone', name: '' },
      ['body.name', 'body.role', 'body.status'],
    ],
    ['null', { name: null }, ['body.name']],
    ['operators', { name: { $ne: 1 } }, ['body.name']],
  ] as const) {
    it(`a change with ${situation} › 400 that names ${paths.join(', ')}`, async () => {
      const admin = await newAdmin(api());
      assert.deepEqual(issuePaths(await patch(admin, admin.id, body)), paths);
    });
  }

  it('disabled › refused by both instances within a second, cannot sign in; enabled › can sign in', async () => {
    const admin = await newAdmin(api());
    const agent = await newColleague(api(), admin);
    await assertSignedIn(api(), agent.token);
    assert.equal((await patch(admin, agent.id, { status: 'disabled' })).status, 200);
    await assertOutWithinASecond(api(), agent.token);
    assert.equal((await logIn(api(), agent.email)).status, 401);
    await patch(admin, agent.id, { status: 'active' });
    await assertOutWithinASecond(api(), agent.token);
    assert.equal((await logIn(api(), agent.email)).status, 200);
  });

  it('demoted › refused admin routes within a second', async () => {
    const admin = await newAdmin(api());
    const second = await newColleague(api(), admin, 'admin');
    assert.equal((await invite(second)).status, 201);
    await patch(admin, second.id, { role: 'agent' });
    await waitFor('the demoted admin is refused', async () => (await invite(second)).status === 403, {
      timeoutMs: 1_000,
      everyMs: 200,
    });
  });

  it('the last admin › can be neither disabled nor demoted; invited admins do not count', async () => {
    const admin = await newAdmin(api());
    const invited = idOf(await invite(admin, { role: 'admin' }));
    const agent = await newColleague(api(), admin);
    for (const change of [{ role: 'agent' }, { status: 'disabled' }])
      assert.equal(codeOf(await patch(admin, admin.id, change)), '409 last-admin');
    await assertSignedIn(api(), admin.token);
    assert.equal((await patch(admin, invited, { role: 'agent' })).status, 200);
    await patch(admin, agent.id, { role: 'admin' });
    assert.equal((await patch(admin, admin.id, { role: 'agent' })).status, 200);
    assert.equal(codeOf(await patch(agent, agent.id, { status: 'disabled' })), '409 last-admin');
  });

  it('two admins demote each other at once, repeatedly › one is always left', async () => {
    for (let round = 0; round < 3; round += 1) {
      const admin = await newAdmin(api());
      const second = await newColleague(api(), admin, 'admin');
      const answers = await Promise.all([
        patch(admin, second.id, { role: 'agent' }),
        patch({ ...second, call: onOther(second) }, admin.id, { status: 'disabled' }),
      ]);
      const left = await api()
        .collection('users')
        .countDocuments({ clientId: new Types.ObjectId(admin.clientId), role: 'admin', status: 'active' });
      assert.equal(left, 1);
      assert.equal(answers.filter(({ status }) => status === 200).length, 1);
      const refused = answers.find(({ status }) => status !== 200);
      // An admin who was demoted before their request was authorised gets 403 or 401 instead.
      assert.ok(
        ['409 last-admin', '403 forbidden', '401 unauthenticated'].includes(codeOf(refused ?? answers[0])),
      );
    }
  });

  /** The same person at the other process. */
  const onOther =
    ({ token }: Person): Person['call'] =>
    (path, options = {}) =>
      call(`${api().otherUrl}${path}`, { ...options, token });

  it('three admins disable each other in a ring at once › one is left', async () => {
    const admin = await newAdmin(api());
    const others = [await newColleague(api(), admin, 'admin'), await newColleague(api(), admin, 'admin')];
    const ring = [admin, ...others];
    await Promise.all(
      ring.map((person, index) =>
        patch(person, ring[(index + 1) % ring.length]?.id ?? '', { status: 'disabled' }),
      ),
    );
    const left = await api()
      .collection('users')
      .countDocuments({ clientId: new Types.ObjectId(admin.clientId), role: 'admin', status: 'active' });
    assert.ok(left >= 1);
  });
});
