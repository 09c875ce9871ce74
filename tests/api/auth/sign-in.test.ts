import assert from 'node:assert/strict';
import { mongo, Types } from 'mongoose';
import { AppError } from '../../../src/platform/errors.ts';
import {
  type AuthServer,
  authModels,
  newEmail,
  password,
  refreshCookieOf,
  serveAuth,
  signUp,
} from '../../support/auth.ts';
import { call, issuePaths } from '../../support/http.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';

describe('sign-up and log-in', () => {
  let database: TestDatabase;
  let server: AuthServer;
  let onClientCreated: () => Promise<void> = async () => undefined;

  before(async () => {
    database = await connectTestDatabase('sign_in', authModels);
    server = await serveAuth({
      connection: database.connection,
      onClientCreated: async (scope, session) => {
        const provisioned = database.connection.collection('provisioned');
        await provisioned.insertOne({ clientId: scope.clientId }, { session });
        await onClientCreated();
      },
    });
  });
  after(async () => {
    await server.close();
    await database.close();
  });
  beforeEach(() => {
    onClientCreated = async () => undefined;
  });

  const count = (collection: string, filter: object = {}): Promise<number> =>
    database.connection.collection(collection).countDocuments(filter);
  const logIn = (body: unknown) => call(`${server.url}/api/auth/login`, { json: body });

  it('a sign-up › client and admin as sent, token and cookie that work, nothing secret', async () => {
    const email = newEmail();
    const answer = await signUp(server.url, {
      email: `  ${email.toUpperCase()} `,
      companyName: 'Doe & Sons',
      timezone: 'Europe/Berlin',
    });
    assert.equal(answer.status, 201);
    const { user, client, accessToken } = answer.body as {
      user: Record<string, unknown>;
      client: Record<string, unknown>;
      accessToken: string;
    };
    assert.deepEqual(Object.keys(answer.body).toSorted(), ['accessToken', 'client', 'user']);
    assert.deepEqual(
      { ...user, id: '', clientId: user['clientId'] === client['id'], createdAt: '' },
      {
        id: '',
        clientId: true,
        name: 'Jane Doe',
        email,
        role: 'admin',
        status: 'active',
        isOperator: false,
        hasPassword: true,
        invitedAt: null,
        emailConfirmedAt: null,
        emailChange: null,
        createdAt: '',
      },
    );
    assert.equal(client['companyName'], 'Doe & Sons');
    assert.equal(client['timezone'], 'Europe/Berlin');
    assert.equal(answer.headers.get('location'), `/api/clients/${String(client['id'])}`);
    const [cookie] = answer.headers.getSetCookie();
    assert.match(
      cookie ?? '',
      /^refreshToken=[\w.-]+; Path=\/api\/auth; Max-Age=604(800|79\d); HttpOnly; SameSite=Lax$/,
    );
    const me = await call(`${server.url}/api/auth/me`, { token: accessToken });
    assert.deepEqual(me.body, { user, client });
    assert.doesNotMatch(answer.text + me.text, /hash|\$2b\$/i);
    assert.equal(await count('provisioned', { clientId: new Types.ObjectId(String(client['id'])) }), 1);
  });

  it('what is stored › the password as bcrypt, the refresh token as a hash', async () => {
    const answer = await signUp(server.url);
    const userId = new Types.ObjectId((answer.body['user'] as { id: string }).id);
    const user = await database.connection.collection('users').findOne({ _id: userId });
    assert.match(String(user?.['passwordHash']), /^\$2b\$/);
    const stored = JSON.stringify(
      await database.connection.collection('refresh_tokens').find({ userId }).toArray(),
    );
    const [, payload = ''] = refreshCookieOf(answer).split('.');
    const { jti } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { jti: string };
    assert.ok(!stored.includes(jti));
    assert.doesNotMatch(server.log.text(), /Seven-otters|example\.com|eyJ/);
  });

  it('defaults › the company has its admin’s name, in UTC', async () => {
    const { body } = await signUp(server.url);
    const client = body['client'] as Record<string, unknown>;
    assert.equal(client['companyName'], 'Jane Doe');
    assert.equal(client['timezone'], 'UTC');
  });

  it('an address that is taken, in any case › 409 and nothing is left behind', async () => {
    const email = newEmail();
    assert.equal((await signUp(server.url, { email })).status, 201);
    const before = await count('clients');
    const again = await signUp(server.url, { email: email.toUpperCase() });
    assert.equal(again.status, 409);
    assert.equal(again.body['code'], 'email-taken');
    assert.equal(await count('clients'), before);
  });

  it('ten sign-ups with one address at once › one client, nine times 409', async () => {
    const email = newEmail();
    const before = await count('clients');
    const answers = await Promise.all(Array.from({ length: 10 }, () => signUp(server.url, { email })));
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    assert.deepEqual(statuses, [201, ...Array.from({ length: 9 }, () => 409)]);
    assert.equal(await count('clients'), before + 1);
    assert.equal(await count('users', { email }), 1);
  });

  it('provisioning that fails › the whole sign-up is rolled back', async () => {
    const email = newEmail();
    const before = await Promise.all(
      ['clients', 'sessions', 'refresh_tokens', 'provisioned'].map((c) => count(c)),
    );
    onClientCreated = () => Promise.reject(new AppError('dependency-away', 'Not now.'));
    assert.equal((await signUp(server.url, { email })).status, 503);
    assert.equal(await count('users', { email }), 0);
    const after = await Promise.all(
      ['clients', 'sessions', 'refresh_tokens', 'provisioned'].map((c) => count(c)),
    );
    assert.deepEqual(after, before);
    onClientCreated = async () => undefined;
    assert.equal((await signUp(server.url, { email })).status, 201);
  });

  it('a repeated transaction › still one client', async () => {
    let runs = 0;
    onClientCreated = async () => {
      runs += 1;
      if (runs > 1) return;
      const labels = { errorLabels: ['TransientTransactionError'] };
      throw new mongo.MongoServerError({ message: 'write conflict', code: 112, ...labels });
    };
    const email = newEmail();
    const answer = await signUp(server.url, { email });
    assert.equal(answer.status, 201);
    assert.equal(runs, 2);
    const clientId = new Types.ObjectId((answer.body['client'] as { id: string }).id);
    const counts = ['users', 'provisioned', 'sessions', 'refresh_tokens'].map((name) =>
      count(name, { clientId }),
    );
    assert.deepEqual(await Promise.all(counts), [1, 1, 1, 1]);
  });

  const valid = { fullName: 'Jane', email: 'jane@example.com', password, agreeToTerms: true };
  const badSignups: [string, object, string[]][] = [
    ['nothing', {}, ['body.fullName', 'body.email', 'body.password', 'body.agreeToTerms']],
    ['unknown fields', { ...valid, role: 'admin', isOperator: true }, ['body.role', 'body.isOperator']],
    ['a foreign client id', { ...valid, clientId: '0'.repeat(24) }, ['body.clientId']],
    ['terms not agreed to', { ...valid, agreeToTerms: false }, ['body.agreeToTerms']],
    ['terms as text', { ...valid, agreeToTerms: 'true' }, ['body.agreeToTerms']],
    ['a short password', { ...valid, password: 'x'.repeat(7) }, ['body.password']],
    ['a long password', { ...valid, password: '€'.repeat(25) }, ['body.password']],
    ['no address', { ...valid, email: 'jane' }, ['body.email']],
    ['a long address', { ...valid, email: `${'j'.repeat(250)}@example.com` }, ['body.email']],
    ['an operator as address', { ...valid, email: { $gt: '' } }, ['body.email']],
    ['an empty name', { ...valid, fullName: '  ' }, ['body.fullName']],
    ['control characters', { ...valid, fullName: 'Jane\u0007' }, ['body.fullName']],
    ['no such time zone', { ...valid, timezone: 'Mars/Base' }, ['body.timezone']],
    ['null for a text', { ...valid, companyName: null }, ['body.companyName']],
    ['an array', [], ['body']],
  ];
  for (const [situation, body, paths] of badSignups) {
    it(`sign-up with ${situation} › 400 that names ${paths.join(', ')}`, async () => {
      const answer = await call(`${server.url}/api/auth/signup`, { json: body });
      assert.equal(answer.status, 400);
      assert.equal(answer.body['code'], 'invalid-input');
      assert.deepEqual([...new Set(issuePaths(answer))], paths);
    });
  }

  const badLogins: [string, object, string[]][] = [
    ['nothing', {}, ['body.email', 'body.password']],
    ['operators', { email: { $ne: null }, password: { $ne: null } }, ['body.email', 'body.password']],
    ['an unknown field', { email: 'jane@example.com', password, remember: true }, ['body.remember']],
    ['an empty password', { email: 'jane@example.com', password: '' }, ['body.password']],
  ];
  for (const [situation, body, paths] of badLogins) {
    it(`log-in with ${situation} › 400 that names ${paths.join(', ')}`, async () => {
      const answer = await logIn(body);
      assert.equal(answer.status, 400);
      assert.deepEqual(issuePaths(answer), paths);
    });
  }

  it('a log-in › token and cookie that work, another session than that of the sign-up', async () => {
    const email = newEmail();
    const first = await signUp(server.url, { email });
    const answer = await logIn({ email: ` ${email.toUpperCase()}`, password });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body['user'], first.body['user']);
    assert.notEqual(refreshCookieOf(answer), refreshCookieOf(first));
    const me = await call(`${server.url}/api/auth/me`, { token: String(answer.body['accessToken']) });
    assert.equal(me.status, 200);
  });

  it('every reason for refusing a log-in › identical answers', async () => {
    const email = newEmail();
    const disabled = newEmail();
    const inactive = newEmail();
    await signUp(server.url, { email });
    await signUp(server.url, { email: disabled });
    const owner = await signUp(server.url, { email: inactive });
    const clientId = new Types.ObjectId((owner.body['client'] as { id: string }).id);
    await database.connection
      .collection('users')
      .updateOne({ email: disabled }, { $set: { status: 'disabled' } });
    await database.connection
      .collection('clients')
      .updateOne({ _id: clientId }, { $set: { isActive: false } });
    const answers = await Promise.all([
      logIn({ email, password: 'Seven-otters-like-milk' }),
      logIn({ email, password: `${password}${'x'.repeat(100)}` }),
      logIn({ email: newEmail(), password }),
      logIn({ email: disabled, password }),
      logIn({ email: inactive, password }),
    ]);
    const told = answers.map(({ status, body, headers }) => ({
      status,
      body: { ...body, instance: '' },
      cookies: headers.getSetCookie(),
    }));
    for (const answer of told) assert.deepEqual(answer, told[0]);
    assert.equal(told[0]?.status, 401);
    assert.equal(answers[0]?.body['code'], 'invalid-credentials');
  });

  it('a password that matches in its first 72 bytes › wrong', async () => {
    const email = newEmail();
    const long = 'correct horse '.repeat(6).slice(0, 72);
    await signUp(server.url, { email, password: long });
    assert.equal((await logIn({ email, password: long })).status, 200);
    assert.equal((await logIn({ email, password: `${long}q` })).status, 401);
  });

  it('one’s own client › shown; another client and a wrong id › not shown', async () => {
    const [own, foreign] = await Promise.all([signUp(server.url), signUp(server.url)]);
    const token = String(own.body['accessToken']);
    const idOf = (answer: typeof own) => (answer.body['client'] as { id: string }).id;
    const get = (id: string) => call(`${server.url}/api/clients/${id}`, { token });
    assert.deepEqual((await get(idOf(own))).body, own.body['client']);
    assert.equal((await get(idOf(foreign))).status, 404);
    assert.equal((await get(new Types.ObjectId().toHexString())).status, 404);
    assert.equal((await get('me')).status, 400);
  });
});
