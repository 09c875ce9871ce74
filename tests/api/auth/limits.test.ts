import assert from 'node:assert/strict';
import { newEmail, signUp } from '../../support/auth.ts';
import { type Answer, call } from '../../support/http.ts';
import {
  codeOf,
  logIn,
  newAdmin,
  type Person,
  resetPassword,
  tokenIn,
  useIdentityApi,
} from '../../support/identity-api.ts';

/** A separate address per test, so that counts do not mix. */
let addresses = 0;
const newAddress = (): string => {
  addresses += 1;
  return `198.51.${100 + Math.floor(addresses / 250)}.${(addresses % 250) + 1}`;
};

describe('limits of sign-in', () => {
  const api = useIdentityApi('limits');
  const wrong = (email: string, from: string, at = api()) =>
    logIn(at, email, { password: 'wrong password', from });

  async function guess(times: number, email: string, from: string): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let count = 0; count < times; count += 1) answers.push(await wrong(email, from));
    return answers;
  }

  it('guessing › ten wrong passwords, then 429 with Retry-After, for the right one too and in every process', async () => {
    const { email } = await newAdmin(api());
    const from = newAddress();
    const answers = await guess(11, email, from);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [...Array.from({ length: 10 }, () => 401), 429],
    );
    const last = answers.at(-1);
    assert.equal(last?.headers.get('retry-after'), '60');
    assert.equal(last?.body['code'], 'too-many-requests');
    assert.doesNotMatch(last?.text ?? '', /example\.com|password|account/i);
    for (const url of [api().url, api().otherUrl]) {
      const right = await logIn({ url }, email, { from });
      assert.equal(right.status, 429);
      assert.ok(Number(right.headers.get('retry-after')) > 50);
    }
  });

  it('an address without an account › identical answers', async () => {
    const { email } = await newAdmin(api());
    const told = ({ status, body, headers }: Answer) => ({
      status,
      body: { ...body, instance: '' },
      retryAfter: headers.get('retry-after'),
    });
    const known = await guess(12, email, newAddress());
    const unknown = await guess(12, newEmail(), newAddress());
    const upTo = 11;
    assert.deepEqual(unknown.slice(0, upTo).map(told), known.slice(0, upTo).map(told));
    assert.equal(codeOf(unknown[upTo] ?? known[0]!), '429 too-many-requests');
  });

  it('a success › resets the earlier failures', async () => {
    const { email } = await newAdmin(api());
    const from = newAddress();
    for (let round = 0; round < 2; round += 1) {
      const answers = await guess(9, email, from);
      assert.ok(answers.every(({ status }) => status === 401));
      assert.equal((await logIn(api(), email, { from })).status, 200);
    }
  });

  it('guesses at the same time › no more are allowed than one after another', async () => {
    const { email } = await newAdmin(api());
    const from = newAddress();
    const answers = await Promise.all(Array.from({ length: 30 }, () => wrong(email, from)));
    assert.equal(answers.filter(({ status }) => status === 401).length, 10);
  });

  it('other addresses of one /64 › are one caller; another /64 › is another', async () => {
    const { email } = await newAdmin(api());
    await guess(11, email, '2001:db8:77:1::1');
    assert.equal((await wrong(email, '2001:db8:77:1:ffff:ffff:ffff:ffff')).status, 429);
    assert.equal((await wrong(email, '2001:db8:77:2::1')).status, 401);
  });

  it('X-Forwarded-For › counts what the trusted proxy has added, not what the caller has written before it', async () => {
    const { email } = await newAdmin(api());
    const real = newAddress();
    const answers: number[] = [];
    for (let count = 0; count < 11; count += 1)
      answers.push((await wrong(email, `${newAddress()}, ${real}`)).status);
    assert.equal(answers.at(-1), 429);
  });

  it('an attacker with many machines › locks the account for unknown addresses, but not for the owner’s own', async function () {
    this.timeout(60_000);
    const { email } = await newAdmin(api());
    const home = newAddress();
    assert.equal((await logIn(api(), email, { from: home })).status, 200);
    for (let machine = 0; machine < 6; machine += 1) await guess(9, email, newAddress());
    const stranger = await logIn(api(), email, { from: newAddress() });
    assert.equal(stranger.status, 429);
    assert.ok(Number(stranger.headers.get('retry-after')) <= 900);
    assert.equal((await logIn(api(), email, { from: home })).status, 200);
    // At home too, guessing ends after ten.
    const guesses = await guess(11, email, home);
    assert.equal(guesses.at(-1)?.status, 429);
  });

  it('a reset of the password › unlocks a locked account', async () => {
    const { email } = await newAdmin(api());
    const from = newAddress();
    await guess(11, email, from);
    const headers = { 'x-forwarded-for': from };
    await call(`${api().url}/api/auth/forgot-password`, { json: { email }, headers });
    const token = tokenIn(await api().waitForMail(email));
    const json = { token, password: 'Another-Secret-1' };
    await call(`${api().url}/api/auth/reset-password`, { json, headers });
    assert.equal((await logIn(api(), email, { password: 'Another-Secret-1', from })).status, 200);
  });

  it('forgotten passwords › ten mails per account and hour, from any address', async () => {
    const email = newEmail();
    const statuses: number[] = [];
    for (let count = 0; count < 11; count += 1) {
      const headers = { 'x-forwarded-for': newAddress() };
      statuses.push(
        (await call(`${api().url}/api/auth/forgot-password`, { json: { email }, headers })).status,
      );
    }
    assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 202), 429]);
  });

  it('made-up tokens › fifty from one address', async () => {
    const headers = { 'x-forwarded-for': newAddress() };
    const statuses: number[] = [];
    for (let count = 0; count < 51; count += 1) {
      const json = { token: `${count}`.padStart(43, 'A'), password: 'Another-Secret-1' };
      statuses.push((await call(`${api().url}/api/auth/reset-password`, { json, headers })).status);
    }
    assert.deepEqual([statuses[0], statuses[49], statuses[50]], [400, 400, 429]);
    assert.equal((await resetPassword(api(), 'A'.repeat(43))).status, 400);
  });

  it('refresh › sixty per session in five minutes; another session continues', async () => {
    const admin: Person = await newAdmin(api());
    const statuses: number[] = [];
    let { cookie } = admin;
    for (let count = 0; count < 61; count += 1) {
      const answer = await call(`${api().url}/api/auth/refresh`, { method: 'POST', cookie });
      statuses.push(answer.status);
      cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    }
    assert.deepEqual([statuses[0], statuses[59], statuses[60]], [200, 200, 429]);
    const other = await newAdmin(api());
    assert.equal(
      (await call(`${api().url}/api/auth/refresh`, { method: 'POST', cookie: other.cookie })).status,
      200,
    );
  });

  it('what is stored › neither addresses of people nor of machines', async () => {
    const { email } = await newAdmin(api());
    await wrong(email, '203.0.113.99');
    const stored = JSON.stringify(await api().collection('rate_limits').find().toArray());
    assert.ok(stored.includes('login:network:'));
    assert.doesNotMatch(stored, /@|example|203\.0\.113|127\.0\.0\.1/);
  });
});

describe('limits behind no proxy, with few sign-ups', () => {
  const api = useIdentityApi('limits_direct', { TRUSTED_PROXIES: '0', SIGNUP_LIMIT_PER_HOUR: '3' });

  it('X-Forwarded-For › ignored', async () => {
    const email = newEmail();
    const statuses: number[] = [];
    for (let count = 0; count < 11; count += 1)
      statuses.push((await logIn(api(), email, { password: 'wrong password', from: newAddress() })).status);
    assert.equal(statuses.at(-1), 429);
  });

  it('sign-ups › as many from one address as configured, then 429', async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1) statuses.push((await signUp(api().url)).status);
    assert.deepEqual(statuses, [201, 201, 201, 429]);
    // Longer than a growing lock would be at first: no others for an hour.
    assert.ok(Number((await signUp(api().url)).headers.get('retry-after')) > 3_500);
  });
});

describe('limits of sign-ups from many addresses', () => {
  const api = useIdentityApi('limits_blocks', { SIGNUP_LIMIT_PER_DAY: '4' });
  const statusFrom = async (from: string): Promise<number> => {
    const answer = await signUp(api().url, {}, { 'x-forwarded-for': from });
    return answer.status;
  };

  it('the addresses of one block › together as many in a day as configured, then 429; another block is not refused', async () => {
    for (const [block, other] of [
      [['192.0.2.1', '192.0.2.2', '192.0.2.77', '192.0.2.200', '192.0.2.3'], '192.0.3.1'],
      [
        ['2001:db8:9:1::1', '2001:db8:9:2::1', '2001:db8:9:3::1', '2001:db8:9::1', '2001:db8:9:4::1'],
        '2001:db8:a:1::1',
      ],
    ] as const) {
      const statuses: number[] = [];
      for (const from of block) statuses.push(await statusFrom(from));
      assert.deepEqual(statuses, [201, 201, 201, 201, 429]);
      assert.equal(await statusFrom(other), 201);
    }
  });
});
