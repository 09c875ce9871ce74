import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { newEmail, password, signUp } from '../../support/auth.ts';
import { type Answer, call } from '../../support/http.ts';
import {
  appUrl,
  assertOutWithinASecond,
  codeOf,
  type IdentityApi,
  logIn,
  newAdmin,
  newColleague,
  type Person,
  personOf,
  resetPassword,
  tokenIn,
  useIdentityApi,
} from '../../support/identity-api.ts';

interface Asked {
  readonly person: Person;
  readonly to: string;
  /** The tokens of the mails to the old address and to the new one. */
  readonly old: string;
  readonly new: string;
}

let networks = 0;
/** Another network each time, so that only users and addresses are counted. */
const elsewhere = () => {
  networks += 1;
  return { 'x-forwarded-for': `198.18.${Math.floor(networks / 256)}.${networks % 256}` };
};

const actions = (api: IdentityApi) => ({
  ask: (person: Person, to: string, currentPassword = password, headers = elsewhere()): Promise<Answer> =>
    person.call('/api/auth/email-change', { json: { newEmail: to, currentPassword }, headers }),
  confirm: (token: string, url = api.url): Promise<Answer> =>
    call(`${url}/api/auth/confirm-email-change`, { json: { token }, headers: elsewhere() }),
  reject: (token: string): Promise<Answer> =>
    call(`${api.url}/api/auth/reject-email-change`, { json: { token }, headers: elsewhere() }),
  cancel: (person: Person): Promise<Answer> => person.call('/api/auth/email-change', { method: 'DELETE' }),
});

const subjects = {
  old: 'Your e-mail address is about to change',
  new: 'Confirm your new e-mail address',
  taken: 'Your e-mail address is already in use',
} as const;

const stateOf = ({ status, body }: Answer): string => `${status} ${String(body['state'] ?? body['code'])}`;
const changeOf = async (person: Person): Promise<unknown> =>
  ((await person.call('/api/auth/me')).body['user'] as { emailChange: unknown }).emailChange;

describe('changing the e-mail address', () => {
  const api = useIdentityApi('email-change');

  const use = () => actions(api());
  const emailOf = async ({ id }: Person): Promise<unknown> =>
    (
      await api()
        .collection('users')
        .findOne({ _id: new Types.ObjectId(id) })
    )?.['email'];
  const linksOf = ({ id }: Person): Promise<number> =>
    api()
      .collection('email_change_links')
      .countDocuments({ userId: new Types.ObjectId(id) });
  /** A user who has asked, with the tokens of both mails. */
  async function asked(person?: Person, { mailsBefore = 0, to = newEmail() } = {}): Promise<Asked> {
    const who = person ?? (await newAdmin(api()));
    const answer = await use().ask(who, to);
    assert.deepEqual([answer.status, answer.text], [202, '']);
    const old = tokenIn(await api().waitForMail(who.email, mailsBefore + 1));
    return { person: who, to, old, new: tokenIn(await api().waitForMail(to)) };
  }
  const assertDead = async (...tokens: readonly string[]) => {
    for (const token of tokens) assert.equal(codeOf(await use().confirm(token)), '400 invalid-link');
  };

  it('both links used › the address changes, everything signed in ends, and the new address logs in', async () => {
    const change = await asked();
    const { person, to } = change;
    const shown = (await changeOf(person)) as { newEmail: string; waitsFor: string[] };
    assert.deepEqual([shown.newEmail, shown.waitsFor], [to, ['old', 'new']]);

    assert.equal(stateOf(await use().confirm(change.old)), '200 waiting');
    assert.equal(await emailOf(person), person.email, 'nothing has changed yet');
    assert.deepEqual(((await changeOf(person)) as { waitsFor: string[] }).waitsFor, ['new']);
    assert.equal(stateOf(await use().confirm(change.new, api().otherUrl)), '200 changed');

    await assertOutWithinASecond(api(), person.token);
    assert.equal(codeOf(await logIn(api(), person.email)), '401 invalid-credentials');
    const back = personOf(api(), await logIn(api(), to));
    const { user } = (await back.call('/api/auth/me')).body as { user: Record<string, unknown> };
    assert.deepEqual([user['id'], user['email'], user['emailChange']], [person.id, to, null]);
    assert.equal(await linksOf(person), 0);
    const audit = await api().auditOf(person.id);
    const changed = audit.find(({ action }) => action === 'user.email-changed');
    assert.deepEqual([changed?.['before']?.email, changed?.['after']?.email], [person.email, to]);
    const told = audit
      .map(({ action }) => String(action))
      .filter((action) => action.startsWith('user.email-change'));
    assert.deepEqual(told.toSorted(), [
      'user.email-change-confirmed',
      'user.email-change-link-issued',
      'user.email-change-link-issued',
      'user.email-change-requested',
      'user.email-changed',
    ]);
  });

  it('the mails › name their pages, the old one both ways out; only hashes of the tokens are stored', async () => {
    const { person, to, old, ...change } = await asked();
    const [toOld, toNew] = [await api().waitForMail(person.email), await api().waitForMail(to)];
    assert.deepEqual([toOld.subject, toNew.subject], [subjects.old, subjects.new]);
    assert.ok(toOld.text.includes(`${appUrl}/confirm-email-change#token=${old}`));
    assert.ok(toOld.text.includes(`${appUrl}/reject-email-change#token=${old}`));
    assert.ok(toOld.text.includes(to), 'the owner reads where the account would go');
    assert.ok(toNew.text.includes(`${appUrl}/confirm-email-change#token=${change.new}`));
    assert.doesNotMatch(toNew.text, /reject|Jane/, 'a stranger reads no word of the requester');
    await use().confirm(old);
    const names = ['audit_events', 'outbox_mails', 'email_change_links', 'users'];
    const kept = await Promise.all(
      names.map(async (name) => JSON.stringify(await api().collection(name).find().toArray())),
    );
    for (const text of [api().log.text(), ...kept])
      for (const token of [old, change.new]) assert.ok(!text.includes(token));
  });

  it('an address that has an account › same answer, no working link, a mail that says so', async () => {
    const [person, owner] = [await newAdmin(api()), await newAdmin(api())];
    const toFree = await use().ask(person, newEmail());
    // A newer request also drops mails that were not written yet.
    await api().waitForMail(person.email);
    const toTaken = await use().ask(person, owner.email);
    assert.deepEqual([toTaken.status, toTaken.text], [toFree.status, toFree.text]);
    const mail = await api().waitForMail(owner.email);
    assert.equal(mail.subject, subjects.taken);
    assert.doesNotMatch(mail.text, /#token=/);
    const old = tokenIn(await api().waitForMail(person.email, 2));
    assert.equal(stateOf(await use().confirm(old)), '200 waiting', 'the requester learns nothing');
    assert.deepEqual(((await changeOf(person)) as { waitsFor: string[] }).waitsFor, ['new']);
  });

  it('an address that somebody took in between › 409 email-taken at the last link, and nothing changes', async () => {
    const change = await asked();
    assert.equal(stateOf(await use().confirm(change.new)), '200 waiting');
    assert.equal((await signUp(api().url, { email: change.to })).status, 201);
    assert.equal(codeOf(await use().confirm(change.old)), '409 email-taken');
    assert.equal(await emailOf(change.person), change.person.email);
    assert.equal((await change.person.call('/api/auth/me')).status, 200, 'still signed in');
  });

  it('a wrong password, the own address, an unconfirmed address › refused, and no mail leaves', async () => {
    const person = await newAdmin(api());
    const wrong = await use().ask(person, newEmail(), 'Wrong-otters-like-tea');
    assert.equal(codeOf(wrong), '400 invalid-input');
    assert.match(wrong.text, /body\.currentPassword/);
    const own = await use().ask(person, person.email.toUpperCase());
    assert.equal(codeOf(own), '400 invalid-input');
    assert.match(own.text, /body\.newEmail/);
    const newcomer = personOf(api(), await signUp(api().url));
    assert.equal(codeOf(await use().ask(newcomer, newEmail())), '403 email-not-confirmed');
    await api().untilMailsAreOut();
    assert.deepEqual(await api().mailsTo(person.email), []);
    assert.equal(await changeOf(person), null);
  });

  it('guessing the password here and at change-password › counts together and locks both', async () => {
    const person = await newAdmin(api());
    for (let index = 0; index < 5; index += 1) {
      const json = { currentPassword: 'Wrong-otters', newPassword: 'Nine-herons-like-rain' };
      await person.call('/api/auth/change-password', { json });
      await use().ask(person, newEmail(), 'Wrong-otters');
    }
    assert.equal(codeOf(await use().ask(person, newEmail())), '429 too-many-requests');
  });

  it('many requests by one user, or for one new address › 429, whether or not it has an account', async () => {
    const person = await newAdmin(api());
    const statuses: number[] = [];
    for (let index = 0; index < 6; index += 1) statuses.push((await use().ask(person, newEmail())).status);
    assert.deepEqual(statuses, [202, 202, 202, 202, 202, 429]);
    for (const to of [newEmail(), (await newAdmin(api())).email]) {
      const people = await Promise.all(Array.from({ length: 6 }, () => newAdmin(api())));
      const told: number[] = [];
      for (const other of people) told.push((await use().ask(other, to)).status);
      assert.deepEqual(told, [202, 202, 202, 202, 202, 429]);
    }
  });

  it('many requests from one network › 429, for users and addresses that are new each time', async () => {
    const from = elsewhere();
    const statuses: number[] = [];
    for (const person of await Promise.all(Array.from({ length: 8 }, () => newAdmin(api()))))
      for (let index = 0; index < 4; index += 1)
        statuses.push((await use().ask(person, newEmail(), password, from)).status);
    assert.deepEqual([statuses.slice(0, 30).every((status) => status === 202), statuses[30]], [true, 429]);
  });

  it('the same link twice, also at once › confirms once', async () => {
    const change = await asked();
    const answers = await Promise.all([use().confirm(change.new), use().confirm(change.new, api().otherUrl)]);
    assert.deepEqual(answers.map(stateOf).toSorted(), ['200 waiting', '400 invalid-link']);
    await assertDead(change.new);
    assert.equal(stateOf(await use().confirm(change.old)), '200 changed');
    await assertDead(change.old, change.new);
  });

  it('both links at the same moment › one of them changes the address', async () => {
    const change = await asked();
    const answers = await Promise.all([use().confirm(change.old), use().confirm(change.new, api().otherUrl)]);
    assert.deepEqual(answers.map(stateOf).toSorted(), ['200 changed', '200 waiting']);
    assert.equal(await emailOf(change.person), change.to);
  });

  it('two changes to one address at once › one gets it, the other 409, and no address is double', async () => {
    const to = newEmail();
    const [one, other] = [await newAdmin(api()), await newAdmin(api())];
    const first = await asked(one, { to });
    await use().ask(other, to);
    const otherOld = tokenIn(await api().waitForMail(other.email));
    const otherNew = tokenIn(await api().waitForMail(to, 2));
    for (const token of [first.old, otherOld])
      assert.equal(stateOf(await use().confirm(token)), '200 waiting');
    const answers = await Promise.all([use().confirm(first.new), use().confirm(otherNew, api().otherUrl)]);
    assert.deepEqual(answers.map(stateOf).toSorted(), ['200 changed', '409 email-taken']);
    assert.equal(await api().collection('users').countDocuments({ email: to }), 1);
  });

  it('two requests at once › the links of one work, those of the other do not', async () => {
    const person = await newAdmin(api());
    const [left, right] = [newEmail(), newEmail()];
    const answers = await Promise.all([use().ask(person, left), use().ask(person, right)]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [202, 202],
    );
    await api().untilMailsAreOut();
    const { newEmail: winner } = (await changeOf(person)) as { newEmail: string };
    const loser = winner === left ? right : left;
    for (const { text } of await api().mailsTo(loser)) await assertDead(tokenIn({ text } as never));
    const [toOld] = (await api().mailsTo(person.email)).filter(({ text }) => text.includes(winner));
    assert.ok(toOld !== undefined);
    assert.equal(stateOf(await use().confirm(tokenIn(toOld))), '200 waiting');
    assert.equal(stateOf(await use().confirm(tokenIn(await api().waitForMail(winner)))), '200 changed');
  });

  for (const [what, end] of [
    ['a newer request', ({ person }) => use().ask(person, newEmail())],
    ['the user cancels it', ({ person }) => use().cancel(person)],
    [
      'the old address rejects it, even after it had confirmed it',
      async ({ old }) => {
        assert.equal(stateOf(await use().confirm(old)), '200 waiting');
        return use().reject(old);
      },
    ],
    [
      'a password change',
      ({ person }) =>
        person.call('/api/auth/change-password', {
          json: { currentPassword: password, newPassword: 'Nine-herons-like-rain' },
        }),
    ],
    [
      'a password reset',
      async ({ person }) => {
        await call(`${api().url}/api/auth/forgot-password`, { json: { email: person.email } });
        return resetPassword(api(), tokenIn(await api().waitForMail(person.email, 2)));
      },
    ],
    [
      '24 hours',
      async ({ person }) => {
        const _id = new Types.ObjectId(person.id);
        const set = { $set: { 'emailChange.expiresAt': new Date(0) } };
        await api().collection('users').updateOne({ _id }, set);
        return { status: 204 };
      },
    ],
  ] satisfies readonly [string, (change: Asked) => Promise<{ status: number }>][]) {
    it(`after ${what} › no link of the change works, and the address stays`, async () => {
      const change = await asked();
      const { status } = await end(change);
      assert.ok(status < 300, String(status));
      await assertDead(change.new, change.old);
      assert.equal(codeOf(await use().reject(change.old)), '400 invalid-link');
      assert.equal(await emailOf(change.person), change.person.email);
    });
  }

  it('the link of the new address › cannot reject, and an unknown or foreign token does nothing', async () => {
    const change = await asked();
    assert.equal(codeOf(await use().reject(change.new)), '400 invalid-link');
    await assertDead('N2q1'.repeat(10));
    assert.equal(codeOf(await resetPassword(api(), change.new)), '400 invalid-link', 'it sets no password');
    assert.notEqual(await changeOf(change.person), null);
    assert.equal((await use().cancel(change.person)).status, 204);
    assert.equal(await changeOf(change.person), null);
    assert.equal((await use().cancel(change.person)).status, 204, 'without a change nothing happens');
  });

  it('a user who is disabled meanwhile › the links are dead, also after the user is active again', async () => {
    const admin = await newAdmin(api());
    const change = await asked(await newColleague(api(), admin), { mailsBefore: 1 });
    const set = (status: string) =>
      admin.call(`/api/users/${change.person.id}`, { method: 'PATCH', json: { status } });
    assert.equal((await set('disabled')).status, 200);
    await assertDead(change.old, change.new);
    assert.equal((await set('active')).status, 200);
    await assertDead(change.old, change.new);
  });

  it('links that were mailed to the old address before › die with the change', async () => {
    const change = await asked();
    await call(`${api().url}/api/auth/forgot-password`, { json: { email: change.person.email } });
    const reset = tokenIn(await api().waitForMail(change.person.email, 2));
    for (const token of [change.old, change.new]) assert.equal((await use().confirm(token)).status, 200);
    assert.equal(codeOf(await resetPassword(api(), reset)), '400 invalid-link');
  });
});

describe("changing a colleague's e-mail address", () => {
  const api = useIdentityApi('email-change-admin');

  const use = () => actions(api());
  const askFor = (admin: Person, id: string, to: string, currentPassword = password): Promise<Answer> =>
    admin.call(`/api/users/${id}/email-change`, { json: { newEmail: to, currentPassword } });

  it('a lost mailbox › an admin asks, the link of the new address is enough, the old address is told', async () => {
    const admin = await newAdmin(api());
    const colleague = await newColleague(api(), admin);
    const to = newEmail();
    assert.equal((await askFor(admin, colleague.id, to)).status, 202);
    const mail = await api().waitForMail(colleague.email, 2);
    assert.equal(mail.subject, subjects.old);
    assert.match(mail.text, /an admin of your company/);
    assert.doesNotMatch(mail.text, /confirm-email-change/);
    await assert.doesNotReject(api().waitForMail(to));
    assert.equal(stateOf(await use().confirm(tokenIn(await api().waitForMail(to)))), '200 changed');
    await assertOutWithinASecond(api(), colleague.token);
    assert.equal((await logIn(api(), to)).status, 200);
    const requested = (await api().auditOf(colleague.id)).find(
      ({ action }) => action === 'user.email-change-requested',
    );
    assert.equal(String(requested?.['actor'].userId), admin.id);
  });

  it('the old address rejects it › the link of the new address is dead', async () => {
    const admin = await newAdmin(api());
    const colleague = await newColleague(api(), admin);
    const to = newEmail();
    await askFor(admin, colleague.id, to);
    const rejected = await use().reject(tokenIn(await api().waitForMail(colleague.email, 2)));
    assert.equal(rejected.status, 204);
    assert.equal(codeOf(await use().confirm(tokenIn(await api().waitForMail(to)))), '400 invalid-link');
  });

  it('an agent, a wrong password, the own address, platform staff, a disabled user, a stranger › refused', async () => {
    const admin = await newAdmin(api());
    const [agent, other] = [await newColleague(api(), admin), await newColleague(api(), admin)];
    const stranger = await newAdmin(api());
    assert.equal(codeOf(await askFor(agent, other.id, newEmail())), '403 forbidden');
    assert.equal(codeOf(await askFor(admin, other.id, newEmail(), 'Wrong-otters')), '400 invalid-input');
    assert.equal(codeOf(await askFor(admin, admin.id, newEmail())), '409 wrong-state');
    assert.equal(codeOf(await askFor(stranger, other.id, newEmail())), '404 not-found');
    const users = api().collection('users');
    await users.updateOne({ _id: new Types.ObjectId(other.id) }, { $set: { isOperator: true } });
    assert.equal(codeOf(await askFor(admin, other.id, newEmail())), '409 wrong-state');
    await users.updateOne({ _id: new Types.ObjectId(agent.id) }, { $set: { status: 'disabled' } });
    assert.equal(codeOf(await askFor(admin, agent.id, newEmail())), '409 wrong-state');
  });

  for (const [what, target, set] of [
    ['the admin who asked is demoted', 'admin', { role: 'agent' }],
    ['the admin who asked is disabled', 'admin', { status: 'disabled' }],
    ['the user becomes platform staff', 'user', { isOperator: true }],
  ] as const) {
    it(`${what} meanwhile › the link is dead`, async () => {
      const owner = await newAdmin(api());
      const admin = await newColleague(api(), owner, 'admin');
      const colleague = await newColleague(api(), owner);
      const to = newEmail();
      await askFor(admin, colleague.id, to);
      const token = tokenIn(await api().waitForMail(to));
      const _id = new Types.ObjectId(target === 'admin' ? admin.id : colleague.id);
      await api().collection('users').updateOne({ _id }, { $set: set });
      assert.equal(codeOf(await use().confirm(token)), '400 invalid-link');
    });
  }
});
