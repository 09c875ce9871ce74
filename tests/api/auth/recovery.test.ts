import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { newEmail, password } from '../../support/auth.ts';
import { call, issuePaths } from '../../support/http.ts';
import {
  appUrl,
  assertOutWithinASecond,
  assertSignedIn,
  codeOf,
  logIn,
  newAdmin,
  newColleague,
  resetPassword,
  tokenIn,
  useIdentityApi,
} from '../../support/identity-api.ts';

const newPassword = 'Another-Secret-1';

describe('forgotten password', () => {
  const api = useIdentityApi('recovery');
  const forgot = (email: string, headers: Record<string, string> = {}) =>
    call(`${api().url}/api/auth/forgot-password`, { json: { email }, headers });

  /** The token of a fresh reset mail to this address. */
  async function resetToken(email: string): Promise<string> {
    const before = (await api().mailsTo(email)).length;
    assert.equal((await forgot(email)).status, 202);
    return tokenIn(await api().waitForMail(email, before + 1));
  }

  it('known, unknown, disabled, invited and inactive › the same answer; mail only to users who can use it', async () => {
    const admin = await newAdmin(api());
    const disabled = await newColleague(api(), admin);
    await admin.call(`/api/users/${disabled.id}`, { method: 'PATCH', json: { status: 'disabled' } });
    const inactive = await newAdmin(api());
    await api()
      .collection('clients')
      .updateOne({ _id: new Types.ObjectId(inactive.clientId) }, { $set: { isActive: false } });
    const invited = newEmail();
    await admin.call('/api/users', { json: { name: 'Bob', email: invited } });
    await api().waitForMail(invited);
    const emails = [admin.email, ` ${newEmail().toUpperCase()}`, disabled.email, invited, inactive.email];
    const answers = await Promise.all(emails.map((email) => forgot(email)));
    const headerNames = ({ headers }: (typeof answers)[number]) => [...headers.keys()].toSorted();
    for (const answer of answers) {
      assert.equal(answer.status, 202);
      assert.equal(answer.text, '');
      assert.deepEqual(headerNames(answer), headerNames(answers[0] ?? answer));
    }
    await api().waitForMail(admin.email);
    await api().waitForMail(invited, 2);
    await api().untilMailsAreOut();
    const reset = async (email: string) =>
      (await api().mailsTo(email)).filter(({ subject }) => subject === 'Reset your password').length;
    assert.deepEqual(
      await Promise.all(emails.map((email) => reset(email.trim().toLowerCase()))),
      [1, 0, 0, 1, 0],
    );
  });

  it('any Host header › the link leads to APP_URL', async () => {
    const { email } = await newAdmin(api());
    await forgot(email, { 'x-forwarded-host': 'evil.test', 'x-forwarded-for': '203.0.113.66' });
    const { text } = await api().waitForMail(email);
    assert.ok(text.includes(`\n${appUrl}/reset-password#token=`), text);
    assert.doesNotMatch(text, /evil/);
  });

  it('a reset › new password works, old one not, every session ends everywhere, nobody is signed in', async () => {
    const { email, token: accessToken, cookie, id } = await newAdmin(api());
    const token = await resetToken(email);
    await assertSignedIn(api(), accessToken);
    const answer = await resetPassword(api(), token, newPassword);
    assert.equal(answer.status, 204);
    assert.deepEqual(answer.headers.getSetCookie(), []);
    await assertOutWithinASecond(api(), accessToken);
    const refreshed = await call(`${api().url}/api/auth/refresh`, { method: 'POST', cookie });
    assert.equal(refreshed.status, 401);
    assert.equal((await logIn(api(), email)).status, 401);
    assert.equal((await logIn(api(), email, { password: newPassword })).status, 200);
    const events = await api().auditOf(id);
    assert.deepEqual(
      events.map(({ action }) => String(action)),
      ['user.created', 'user.password-link-issued', 'user.password-reset'],
    );
    assert.deepEqual(events.at(-1)?.['after'], { passwordHash: '[secret]' });
  });

  it('a used token › invalid, and so are older tokens of the same user', async () => {
    const { email } = await newAdmin(api());
    const older = await resetToken(email);
    const token = await resetToken(email);
    assert.equal((await resetPassword(api(), token)).status, 204);
    assert.equal(codeOf(await resetPassword(api(), token)), '400 invalid-link');
    assert.equal(codeOf(await resetPassword(api(), older)), '400 invalid-link');
  });

  it('one token, many requests at once › one sets the password', async () => {
    const { email } = await newAdmin(api());
    const token = await resetToken(email);
    const passwords = Array.from({ length: 5 }, (_, index) => `${newPassword}-${index}`);
    const answers = await Promise.all(passwords.map((each) => resetPassword(api(), token, each)));
    const statuses = answers.map(({ status }) => status);
    assert.deepEqual(statuses.map(String).toSorted(), ['204', '400', '400', '400', '400']);
    const winner = passwords[statuses.indexOf(204)] ?? '';
    assert.equal((await logIn(api(), email, { password: winner })).status, 200);
  });

  it('log-ins with the old password while it is reset › none of their sessions survives', async () => {
    const { email } = await newAdmin(api());
    const token = await resetToken(email);
    const old = Array.from({ length: 6 }, () => logIn(api(), email));
    const [reset, ...answers] = await Promise.all([resetPassword(api(), token, newPassword), ...old]);
    assert.equal(reset.status, 204);
    for (const answer of answers) {
      assert.ok([200, 401].includes(answer.status), answer.text);
      if (answer.status === 200) await assertOutWithinASecond(api(), String(answer.body['accessToken']));
    }
  });

  it('a token after 30 minutes › invalid; only its hash is stored', async () => {
    const { email } = await newAdmin(api());
    const token = await resetToken(email);
    const links = api().collection('password_links');
    assert.ok(!JSON.stringify(await links.find().toArray()).includes(token));
    const user = await api().collection('users').findOne({ email });
    const link = await links.findOne({ userId: user?._id });
    assert.ok(link !== null);
    const lifeMs = Number(link['expiresAt']) - Number(link['createdAt']);
    assert.equal(lifeMs, 30 * 60_000);
    await links.updateOne({ _id: link._id }, { $set: { expiresAt: new Date() } });
    assert.equal(codeOf(await resetPassword(api(), token)), '400 invalid-link');
    assert.equal((await logIn(api(), email)).status, 200);
  });

  it('the user is disabled meanwhile › the link is invalid', async () => {
    const admin = await newAdmin(api());
    const agent = await newColleague(api(), admin);
    const token = await resetToken(agent.email);
    await admin.call(`/api/users/${agent.id}`, { method: 'PATCH', json: { status: 'disabled' } });
    assert.equal(codeOf(await resetPassword(api(), token)), '400 invalid-link');
    await admin.call(`/api/users/${agent.id}`, { method: 'PATCH', json: { status: 'active' } });
    assert.equal(codeOf(await resetPassword(api(), token)), '400 invalid-link');
  });

  it('input › all issues at once; a made-up token is an invalid link', async () => {
    const reset = (json: unknown) => call(`${api().url}/api/auth/reset-password`, { json });
    assert.deepEqual(issuePaths(await reset({ token: { $ne: '' }, password: 'short' })), [
      'body.token',
      'body.password',
    ]);
    assert.deepEqual(issuePaths(await forgot('no address')), ['body.email']);
    assert.equal(codeOf(await resetPassword(api(), 'A'.repeat(43))), '400 invalid-link');
  });
});

describe('change of one’s own password', () => {
  const api = useIdentityApi('change_password');
  const change = (person: { call: Awaited<ReturnType<typeof newAdmin>>['call'] }, currentPassword: string) =>
    person.call('/api/auth/change-password', { json: { currentPassword, newPassword } });

  it('with the current one › works at once, ends the other sessions and keeps this one', async () => {
    const admin = await newAdmin(api());
    const other = String((await logIn(api(), admin.email)).body['accessToken']);
    await assertSignedIn(api(), other);
    assert.equal((await change(admin, password)).status, 204);
    await assertOutWithinASecond(api(), other);
    await assertSignedIn(api(), admin.token);
    assert.equal((await logIn(api(), admin.email)).status, 401);
    assert.equal((await logIn(api(), admin.email, { password: newPassword })).status, 200);
    const last = (await api().auditOf(admin.id)).at(-1);
    assert.equal(last?.['action'], 'user.password-changed');
  });

  it('with a wrong current password › 400 that names the field, no session ends, and guessing is limited', async () => {
    const admin = await newAdmin(api());
    const answer = await change(admin, 'wrong password');
    assert.deepEqual(issuePaths(answer), ['body.currentPassword']);
    await assertSignedIn(api(), admin.token);
    for (let count = 1; count < 10; count += 1) assert.equal((await change(admin, 'wrong')).status, 400);
    assert.equal((await change(admin, password)).status, 429);
  });

  it('two changes at once › one succeeds', async () => {
    const admin = await newAdmin(api());
    const both = await Promise.all([change(admin, password), change(admin, password)]);
    assert.deepEqual(both.map(({ status }) => String(status)).toSorted(), ['204', '400']);
  });

  it('a link mailed before › invalid after the change', async () => {
    const admin = await newAdmin(api());
    await call(`${api().url}/api/auth/forgot-password`, { json: { email: admin.email } });
    const token = tokenIn(await api().waitForMail(admin.email));
    assert.equal((await change(admin, password)).status, 204);
    assert.equal(codeOf(await resetPassword(api(), token)), '400 invalid-link');
  });
});
