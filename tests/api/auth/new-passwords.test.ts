import assert from 'node:assert/strict';
import { createPasswords } from '../../../src/identity/auth/passwords.ts';
import { newEmail, password, signUp } from '../../support/auth.ts';
import { call, issuePaths } from '../../support/http.ts';
import {
  codeOf,
  logIn,
  newAdmin,
  personOf,
  resetPassword,
  tokenIn,
  useIdentityApi,
} from '../../support/identity-api.ts';

const guessable = ['12345678', '        ', 'Password1', 'Summer2026!', 'P@ssw0rd-2026', 'WhatsAppTea1!'];

describe('new passwords', () => {
  const api = useIdentityApi('new-passwords');

  it('sign-up › a common password, eight blanks, own name, address or company › 400 that says what to do', async () => {
    const email = newEmail();
    const own = { fullName: 'Johanna Krause', companyName: 'Krause Werkzeuge', email };
    for (const chosen of [...guessable, email, 'johannakrause1', 'Krause-Werkzeuge', 'JohannaTea2026!']) {
      const refused = await signUp(api().url, { ...own, password: chosen });
      assert.equal(codeOf(refused), '400 invalid-input', chosen);
      assert.deepEqual(issuePaths(refused), ['body.password']);
      assert.match(refused.text, /Choose a longer one/);
    }
    assert.equal((await signUp(api().url, own)).status, 201, 'nothing was created by the refusals');
  });

  it('invitation and reset › a guessable password › 400, and the same link takes a better one', async () => {
    const admin = await newAdmin(api());
    const email = newEmail();
    await admin.call('/api/users', { json: { name: 'Ana Souza', email } });
    const invitation = tokenIn(await api().waitForMail(email));
    for (const chosen of [...guessable, 'anasouza', email])
      assert.equal(codeOf(await resetPassword(api(), invitation, chosen)), '400 invalid-input', chosen);
    assert.equal((await resetPassword(api(), invitation)).status, 204);
    await call(`${api().url}/api/auth/forgot-password`, { json: { email } });
    const reset = tokenIn(await api().waitForMail(email, 2));
    assert.equal(codeOf(await resetPassword(api(), reset, '12345678')), '400 invalid-input');
    assert.equal((await resetPassword(api(), reset)).status, 204);
  });

  it('change › a guessable password › 400 at the new one, the old one stays', async () => {
    const admin = await newAdmin(api());
    for (const newPassword of [...guessable, admin.email]) {
      const json = { currentPassword: password, newPassword };
      const refused = await admin.call('/api/auth/change-password', { json });
      assert.equal(codeOf(refused), '400 invalid-input', newPassword);
      assert.deepEqual(issuePaths(refused), ['body.newPassword']);
    }
    assert.equal((await logIn(api(), admin.email)).status, 200);
  });

  it('a user from before, whose password is common › still signs in', async () => {
    const admin = await newAdmin(api());
    const passwords = createPasswords({ cost: 4 });
    const passwordHash = await passwords.hash('12345678', 'test');
    await passwords.close();
    await api().collection('users').updateOne({ email: admin.email }, { $set: { passwordHash } });
    const signedIn = personOf(api(), await logIn(api(), admin.email, { password: '12345678' }));
    assert.equal((await signedIn.call('/api/auth/me')).status, 200);
  });
});
