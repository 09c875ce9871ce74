import assert from 'node:assert/strict';
import { newEmail, refresh, refreshCookieOf } from '../../support/auth.ts';
import { call } from '../../support/http.ts';
import {
  logIn,
  newAdmin,
  personOf,
  resetPassword,
  tokenIn,
  useIdentityApi,
} from '../../support/identity-api.ts';

const passwords = [
  'Kestrel-over-quarry-1',
  'Kestrel-over-quarry-2',
  'Kestrel-over-quarry-3',
  'Kestrel-in-the-dark',
];

describe('secrets of identity', () => {
  const api = useIdentityApi('secrets');

  it('every flow › no password, token, link or address in logs; no secret in answers, audit or database', async () => {
    const admin = await newAdmin(api());
    const email = newEmail();
    const answers = [await admin.call('/api/users', { json: { name: 'Ana Canary', email } })];
    const invitation = tokenIn(await api().waitForMail(email));
    answers.push(await resetPassword(api(), invitation, passwords[0]));
    const signedIn = await logIn(api(), email, { password: passwords[0] ?? '' });
    const user = personOf(api(), signedIn);
    const next = await refresh(api().url, refreshCookieOf(signedIn));
    const changed = { currentPassword: passwords[0], newPassword: passwords[1] };
    answers.push(await user.call('/api/auth/change-password', { json: changed }));
    await call(`${api().url}/api/auth/forgot-password`, { json: { email } });
    const reset = tokenIn(await api().waitForMail(email, 2));
    answers.push(await resetPassword(api(), reset, passwords[2]));
    answers.push(await resetPassword(api(), reset, passwords[2]));
    answers.push(await logIn(api(), email, { password: passwords[3] ?? '' }));
    answers.push(
      await admin.call(`/api/users/${user.id}`, { method: 'PATCH', json: { status: 'disabled' } }),
    );
    answers.push(await admin.call('/api/users'), await admin.call('/api/auth/sessions'));
    const tokens = [admin, user].flatMap(({ token, cookie }) => [token, cookie.split('=')[1] ?? '']);
    const nextTokens = [String(next.body['accessToken']), refreshCookieOf(next).split('=')[1] ?? ''];
    const secrets = [...passwords, invitation, reset, ...tokens, ...nextTokens];
    assert.ok(secrets.every((secret) => secret.length > 10));

    const stored: string[] = [];
    for (const name of [
      'users',
      'sessions',
      'refresh_tokens',
      'password_links',
      'outbox_mails',
      'audit_events',
    ])
      stored.push(JSON.stringify(await api().collection(name).find().toArray()));
    const audit = stored.at(-1) ?? '';
    const log = api().log.text();
    assert.ok(log.includes('mail sent') && audit.includes('user.password-reset'));
    for (const secret of secrets) {
      for (const { text } of answers) assert.ok(!text.includes(secret), `${secret} in an answer`);
      for (const text of stored) assert.ok(!text.includes(secret), `${secret} in the database`);
      assert.ok(!log.includes(secret), `${secret} in the log`);
    }
    assert.doesNotMatch(audit, /\$2[aby]\$/);
    for (const { text } of answers) assert.doesNotMatch(text, /\$2[aby]\$|passwordHash|tokenHash/);
    for (const address of [email, admin.email, 'Ana Canary']) assert.ok(!log.includes(address), address);
  });
});

describe('links in development', () => {
  const api = useIdentityApi('links_logged', { NODE_ENV: 'development' });

  it('the log › shows the link, so that a developer needs no mailbox', async () => {
    const { email } = await newAdmin(api());
    await call(`${api().url}/api/auth/forgot-password`, { json: { email } });
    const token = tokenIn(await api().waitForMail(email));
    assert.ok(
      api()
        .log.lines()
        .some(({ link }) => String(link).endsWith(`#token=${token}`)),
    );
  });
});
