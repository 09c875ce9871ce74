import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { confirmDemoAddress } from '../../../scripts/stack/demo-address.ts';
import { newEmail, signUp } from '../../support/auth.ts';
import { type Answer, call } from '../../support/http.ts';
import {
  appUrl,
  codeOf,
  newAdmin,
  newColleague,
  type Person,
  personOf,
  resetPassword,
  tokenIn,
  useIdentityApi,
} from '../../support/identity-api.ts';

describe('confirming the e-mail address', () => {
  const api = useIdentityApi('email-confirmation');

  const confirm = (token: string, url = api().url): Promise<Answer> =>
    call(`${url}/api/auth/confirm-email`, { json: { token } });
  const request = (email: string, from?: string): Promise<Answer> =>
    call(`${api().url}/api/auth/request-confirmation`, {
      json: { email },
      headers: from === undefined ? {} : { 'x-forwarded-for': from },
    });
  /** The admin of a new client, whose address is not confirmed. */
  const newcomer = async (): Promise<Person> => personOf(api(), await signUp(api().url));
  const confirmedAtOf = async (person: Person): Promise<unknown> => {
    const { body } = await person.call('/api/auth/me');
    return (body['user'] as { emailConfirmedAt: unknown }).emailConfirmedAt;
  };
  const invite = (person: Person) => person.call('/api/users', { json: { name: 'Ana', email: newEmail() } });
  const stored = (person: Person) =>
    api()
      .collection('email_confirmations')
      .find({ userId: new Types.ObjectId(person.id) })
      .toArray();
  const tokenOf = async (person: Person, count = 1) =>
    tokenIn(await api().waitForConfirmation(person.email, count));

  it('sign-up › the mail has a link; until it is used: the sandbox yes, inviting no, and me says so', async () => {
    const admin = await newcomer();
    assert.equal(await confirmedAtOf(admin), null);
    const refused = await invite(admin);
    assert.equal(codeOf(refused), '403 email-not-confirmed');
    assert.match(refused.text, /request-confirmation/);
    const mail = await api().waitForConfirmation(admin.email);
    assert.equal(mail.subject, 'Confirm your e-mail address');
    assert.ok(mail.text.includes(`${appUrl}/confirm-email#token=`));
    const channels = await admin.call('/api/channels');
    assert.equal((channels.body['items'] as unknown[]).length, 1, 'the sandbox channel is there');

    assert.equal((await confirm(tokenIn(mail))).status, 204, 'signed out');
    assert.match(String(await confirmedAtOf(admin)), /^\d{4}-/);
    assert.equal((await invite(admin)).status, 201, 'at once, although the session is remembered');
    const actions = (await api().auditOf(admin.id)).map(({ action }) => action);
    assert.ok(actions.includes('user.email-confirmed'));
  });

  it('a name full of advertising › reaches nobody who has not confirmed the address, by no mail', async () => {
    const admin = personOf(api(), await signUp(api().url, { fullName: 'Win at evil.example' }));
    await call(`${api().url}/api/auth/forgot-password`, { json: { email: admin.email } });
    for (const { text, subject } of [
      await api().waitForConfirmation(admin.email),
      await api().waitForMail(admin.email),
    ])
      assert.doesNotMatch(`${subject}\n${text}`, /evil/);
  });

  it('a link › works once, also for two at once, and only its hash is stored', async () => {
    const admin = await newcomer();
    const token = await tokenOf(admin);
    const [link] = await stored(admin);
    assert.ok(link !== undefined && !JSON.stringify(link).includes(token));
    const answers = await Promise.all([confirm(token), confirm(token, api().otherUrl)]);
    assert.deepEqual(answers.map(codeOf).toSorted(), ['204 undefined', '400 invalid-link']);
    assert.equal(codeOf(await confirm(token)), '400 invalid-link');
    assert.deepEqual(await stored(admin), []);
  });

  it('a link that is unknown, expired, or of the other kind › 400, and nothing changes', async () => {
    const admin = await newcomer();
    const token = await tokenOf(admin);
    assert.equal(codeOf(await confirm('N2q1'.repeat(10))), '400 invalid-link');
    assert.equal(codeOf(await resetPassword(api(), token)), '400 invalid-link', 'it sets no password');
    await call(`${api().url}/api/auth/forgot-password`, { json: { email: admin.email } });
    const reset = tokenIn(await api().waitForMail(admin.email));
    assert.equal(codeOf(await confirm(reset)), '400 invalid-link');
    await api()
      .collection('email_confirmations')
      .updateMany({ userId: new Types.ObjectId(admin.id) }, { $set: { expiresAt: new Date(0) } });
    assert.equal(codeOf(await confirm(token)), '400 invalid-link');
    assert.equal(await confirmedAtOf(admin), null);
  });

  it('a link after the address changed › proves neither the old address nor the new one', async () => {
    const admin = await newcomer();
    const token = await tokenOf(admin);
    await call(`${api().url}/api/auth/forgot-password`, { json: { email: admin.email } });
    const reset = tokenIn(await api().waitForMail(admin.email));
    const _id = new Types.ObjectId(admin.id);
    await api()
      .collection('users')
      .updateOne({ _id }, { $set: { email: newEmail() } });
    assert.equal(codeOf(await confirm(token)), '400 invalid-link');
    assert.equal(codeOf(await resetPassword(api(), reset)), '400 invalid-link');
    assert.equal(await confirmedAtOf(admin), null);
  });

  it('a link of one account › confirms no other account', async () => {
    const [one, other] = [await newcomer(), await newcomer()];
    assert.equal((await confirm(await tokenOf(one))).status, 204);
    assert.equal(await confirmedAtOf(other), null);
    assert.equal(codeOf(await invite(other)), '403 email-not-confirmed');
  });

  it('a user who is gone or disabled, a client that is not active › the link is refused', async () => {
    const disabled = await newcomer();
    const gone = await newcomer();
    const inactive = await newcomer();
    const tokens = [await tokenOf(disabled), await tokenOf(gone), await tokenOf(inactive)];
    const users = api().collection('users');
    await users.updateOne({ _id: new Types.ObjectId(disabled.id) }, { $set: { status: 'disabled' } });
    await users.deleteOne({ _id: new Types.ObjectId(gone.id) });
    await api()
      .collection('clients')
      .updateOne({ _id: new Types.ObjectId(inactive.clientId) }, { $set: { isActive: false } });
    for (const token of tokens) assert.equal(codeOf(await confirm(token)), '400 invalid-link');
    assert.equal(
      await users.countDocuments({ email: disabled.email, emailConfirmedAt: { $exists: true } }),
      0,
    );
  });

  it('a new link › the same answer for every address; only an unconfirmed account gets a mail', async () => {
    const admin = await newcomer();
    await api().waitForConfirmation(admin.email);
    const confirmed = await newAdmin(api());
    await api().untilMailsAreOut();
    const before = (await api().confirmationsTo(confirmed.email)).length;
    const answers = [await request(admin.email), await request(confirmed.email), await request(newEmail())];
    assert.deepEqual(
      answers.map(({ status, text }) => [status, text]),
      Array.from({ length: 3 }, () => [202, '']),
    );
    const second = await tokenOf(admin, 2);
    await api().untilMailsAreOut();
    assert.equal((await api().confirmationsTo(confirmed.email)).length, before);
    assert.equal((await confirm(second)).status, 204);
    assert.deepEqual(await stored(admin), [], 'the first link is gone as well');
  });

  it('too many requests for one address › 429 for known and unknown alike', async () => {
    for (const email of [(await newcomer()).email, newEmail()]) {
      const statuses: number[] = [];
      for (let index = 0; index < 6; index += 1) statuses.push((await request(email)).status);
      assert.deepEqual(statuses, [202, 202, 202, 202, 202, 429]);
    }
  });

  it('an invitation or a reset by mail › confirms the address too', async () => {
    const admin = await newAdmin(api());
    const colleague = await newColleague(api(), admin);
    assert.notEqual(await confirmedAtOf(colleague), null);
    const other = await newcomer();
    const confirmation = await tokenOf(other);
    await call(`${api().url}/api/auth/forgot-password`, { json: { email: other.email } });
    assert.equal((await resetPassword(api(), tokenIn(await api().waitForMail(other.email)))).status, 204);
    const user = await api().collection('users').findOne({ email: other.email });
    assert.ok(user?.['emailConfirmedAt'] instanceof Date);
    assert.equal(codeOf(await confirm(confirmation)), '400 invalid-link', 'it is not needed any more');
  });

  it('inviting again, and creating a client as an operator › need a confirmed address as well', async () => {
    const admin = await newAdmin(api());
    const invited = await invite(admin);
    const _id = new Types.ObjectId(admin.id);
    const users = api().collection('users');
    await users.updateOne({ _id }, { $set: { isOperator: true }, $unset: { emailConfirmedAt: '' } });
    const again = await admin.call(`/api/users/${String(invited.body['id'])}/invite`, { method: 'POST' });
    assert.equal(codeOf(again), '403 email-not-confirmed');
    const operator = personOf(
      api(),
      await call(`${api().url}/api/auth/login`, {
        json: { email: admin.email, password: 'Seven-otters-like-tea' },
      }),
    );
    const json = { companyName: 'Doe', admin: { name: 'Jane', email: newEmail() } };
    assert.equal(codeOf(await operator.call('/api/clients', { json })), '403 email-not-confirmed');
  });

  it('the demo client of `npm start` › confirms its address with the caught mail; with a new one if the old expired', async () => {
    const { url, mailPage } = api();
    const confirmDemo = (person: Person, page: string | null) =>
      confirmDemoAddress({ api: url, mailPage: page }, { email: person.email, accessToken: person.token });
    const [first, late] = [await newcomer(), await newcomer()];
    assert.equal(await confirmDemo(first, null), false, 'its mail went elsewhere');
    assert.equal(await confirmDemo(first, mailPage), true);
    assert.equal(await confirmDemo(first, null), true, 'nothing is left to do');
    await tokenOf(late);
    await api()
      .collection('email_confirmations')
      .deleteMany({ userId: new Types.ObjectId(late.id) });
    assert.equal(await confirmDemo(late, mailPage), true);
    assert.notEqual(await confirmedAtOf(late), null);
  });

  it('logs, answers, audit and outbox › hold neither the token nor its link', async () => {
    const admin = await newcomer();
    const token = await tokenOf(admin);
    const answer = await confirm(token);
    await confirm(token);
    const kept = await Promise.all(
      ['audit_events', 'outbox_mails', 'email_confirmations', 'users'].map(async (name) =>
        JSON.stringify(await api().collection(name).find().toArray()),
      ),
    );
    for (const text of [api().log.text(), answer.text, ...kept]) {
      assert.ok(!text.includes(token));
      assert.ok(!text.includes('#token='));
    }
  });
});

describe('an unconfirmed address and real numbers', () => {
  const api = useIdentityApi('confirmation-cloud', {
    WHATSAPP_PROVIDER: 'cloud',
    WHATSAPP_API_URL: 'http://127.0.0.1:9',
  });

  it('connecting a number › 403 until the address is confirmed, then 201', async () => {
    const admin = personOf(api(), await signUp(api().url));
    const json = {
      displayNumber: '+4915112345601',
      phoneNumberId: '1055512345',
      wabaId: '2055512345',
      accessToken: 'x'.repeat(40),
    };
    const refused = await admin.call('/api/channels', { json });
    assert.equal(codeOf(refused), '403 email-not-confirmed');
    const token = tokenIn(await api().waitForConfirmation(admin.email));
    await call(`${api().url}/api/auth/confirm-email`, { json: { token } });
    const created = await admin.call('/api/channels', { json });
    assert.equal(created.status, 201, created.text);
  });
});
