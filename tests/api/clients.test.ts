import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { buildRecords } from '../../src/app/events.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { connectMongo } from '../../src/platform/mongo.ts';
import { readOperatorCommand, setOperator } from '../../src/identity/users/operators.ts';
import { createUserRepository } from '../../src/identity/users/repository.ts';
import { createUserDirectory } from '../../src/identity/users/directory.ts';
import { newEmail } from '../support/auth.ts';
import { type Answer, issuePaths } from '../support/http.ts';
import {
  assertOutWithinASecond,
  assertSignedIn,
  codeOf,
  ifMatch,
  logIn,
  newAdmin,
  newColleague,
  type Person,
  personOf,
  resetPassword,
  tokenIn,
  useIdentityApi,
} from '../support/identity-api.ts';
import { waitFor } from '../support/wait.ts';

interface ListedClient {
  readonly id: string;
}

const nobody = new Types.ObjectId().toHexString();

describe('clients', () => {
  const api = useIdentityApi('clients');
  let operator: Person;

  /** What `npm run operator` does. */
  async function runOperator(verb: 'grant' | 'revoke', email: string) {
    const mongo = await connectMongo({ uri: api().mongoUri, appName: 'operator', maxPoolSize: 2 });
    try {
      const { audit } = buildRecords({ mongo, clock: systemClock });
      const users = createUserDirectory({ users: createUserRepository(mongo), audit });
      return await setOperator({ users }, { verb, email });
    } finally {
      await mongo.close();
    }
  }

  before(async function () {
    this.timeout(20_000);
    operator = await newAdmin(api());
    await runOperator('grant', operator.email);
    await waitFor('the grant holds', async () => (await create(operator, {})).status === 400, {
      timeoutMs: 1_000,
    });
  });

  const create = (by: Person, json: object) => by.call('/api/clients', { json });
  const newClient = (fields: object = {}) => ({
    companyName: 'Bakery',
    admin: { name: 'Ana Souza', email: newEmail() },
    ...fields,
  });
  const get = (by: Person, id: string) => by.call(`/api/clients/${id}`);
  const patch = (by: Person, id: string, json: object, headers: Record<string, string> = {}) =>
    by.call(`/api/clients/${id}`, { method: 'PATCH', json, headers });
  const list = async (by: Person, query = '') => {
    const { status, body, text } = await by.call(`/api/clients${query}`);
    assert.equal(status, 200, text);
    return body as unknown as { items: ListedClient[]; nextCursor: string | null };
  };
  const idOf = ({ body }: Answer) => String(body['id']);

  it('a list › users see their own; operators see all, in pages', async () => {
    const admin = await newAdmin(api());
    const agent = await newColleague(api(), admin);
    for (const person of [admin, agent])
      assert.deepEqual(
        (await list(person)).items.map(({ id }) => id),
        [admin.clientId],
      );
    const all = await list(operator, '?limit=100');
    assert.ok(all.items.length >= 2);
    assert.equal(all.items[0]?.id, admin.clientId);
    const first = await list(operator, '?limit=1');
    const second = await list(operator, `?limit=1&cursor=${first.nextCursor ?? ''}`);
    assert.deepEqual([...first.items, ...second.items], all.items.slice(0, 2));
  });

  it('an operator creates one › active, with an invited admin who can sign in and send', async () => {
    const body = newClient({ whatsappNumber: '+49 151 2345 6789', timezone: 'Europe/Berlin' });
    const created = await create(operator, body);
    assert.equal(created.status, 201, created.text);
    const { admin, ...client } = created.body as Record<string, unknown> & { admin: Record<string, unknown> };
    assert.equal(created.headers.get('location'), `/api/clients/${idOf(created)}`);
    assert.deepEqual((await get(operator, idOf(created))).body, client);
    assert.deepEqual(
      {
        companyName: client['companyName'],
        whatsappNumber: client['whatsappNumber'],
        isActive: client['isActive'],
        role: admin['role'],
        hasPassword: admin['hasPassword'],
      },
      {
        companyName: 'Bakery',
        whatsappNumber: '+4915123456789',
        isActive: true,
        role: 'admin',
        hasPassword: false,
      },
    );
    const email = body.admin.email;
    await resetPassword(api(), tokenIn(await api().waitForMail(email)));
    const first = personOf(api(), await logIn(api(), email));
    assert.equal(first.clientId, idOf(created));
    const channels = (await first.call('/api/channels')).body as unknown as { items: object[] };
    assert.equal(channels.items.length, 1);
    const [event] = await api().auditOf(idOf(created));
    assert.deepEqual(
      [
        event?.['action'],
        event?.['actor'].type,
        String(event?.['actor'].userId),
        String(event?.['clientId']),
      ],
      ['client.created', 'operator', operator.id, idOf(created)],
    );
  });

  it('an address that is taken › 409 and no client', async () => {
    const clients = api().collection('clients');
    const before = await clients.countDocuments();
    const body = newClient({ admin: { name: 'Ana', email: operator.email } });
    assert.equal(codeOf(await create(operator, body)), '409 email-taken');
    assert.equal(await clients.countDocuments(), before);
  });

  it('a user who is not an operator › creates none, sees and changes only their own', async () => {
    const [admin, stranger] = await Promise.all([newAdmin(api()), newAdmin(api())]);
    const agent = await newColleague(api(), admin);
    assert.equal(codeOf(await create(admin, newClient())), '403 forbidden');
    assert.equal(codeOf(await patch(agent, admin.clientId, { companyName: 'Mine' })), '403 forbidden');
    assert.equal((await get(agent, admin.clientId)).status, 200);
    for (const id of [stranger.clientId, nobody]) {
      assert.equal(codeOf(await get(admin, id)), '404 not-found');
      assert.equal(codeOf(await patch(admin, id, { companyName: 'Mine' })), '404 not-found');
      assert.equal(codeOf(await patch(admin, id, { isActive: false })), '404 not-found');
    }
    assert.equal(codeOf(await get(operator, nobody)), '404 not-found');
    assert.equal(codeOf(await patch(operator, nobody, { companyName: 'Mine' })), '404 not-found');
  });

  it('an admin changes their own › only the given fields; null clears; an older ETag › 412', async () => {
    const admin = await newAdmin(api());
    const change = { whatsappNumber: '+15550001001', businessCategory: 'Bakery', timezone: 'Asia/Kolkata' };
    const read = await get(admin, admin.clientId);
    const changed = await patch(admin, admin.clientId, change, ifMatch(read));
    assert.deepEqual(changed.body, { ...read.body, ...change });
    assert.equal(changed.headers.get('etag'), '"2"');
    assert.equal(
      codeOf(await patch(admin, admin.clientId, { companyName: 'X' }, ifMatch(read))),
      '412 precondition-failed',
    );
    const cleared = await patch(admin, admin.clientId, { whatsappNumber: null });
    assert.deepEqual(cleared.body, { ...read.body, ...change, whatsappNumber: null });
    const last = (await api().auditOf(admin.clientId)).at(-1);
    assert.deepEqual(
      [last?.['before'], last?.['after']],
      [{ whatsappNumber: '+15550001001' }, { whatsappNumber: null }],
    );
    assert.deepEqual(issuePaths(await patch(admin, admin.clientId, {})), ['body']);
    assert.deepEqual(
      issuePaths(
        await patch(admin, admin.clientId, {
          timezone: 'Mars/Base',
          whatsappNumber: '12',
          companyName: null,
        }),
      ),
      ['body.companyName', 'body.timezone', 'body.whatsappNumber'],
    );
    assert.equal(codeOf(await patch(admin, admin.clientId, { isActive: false })), '403 forbidden');
  });

  it('an operator deactivates one › its users are refused within a second; active again › they can sign in', async () => {
    const admin = await newAdmin(api());
    const agent = await newColleague(api(), admin);
    const bystander = await newAdmin(api());
    for (const { token } of [admin, agent]) await assertSignedIn(api(), token);
    assert.equal((await patch(operator, admin.clientId, { isActive: false })).status, 200);
    for (const { token } of [admin, agent]) await assertOutWithinASecond(api(), token);
    assert.equal((await logIn(api(), admin.email)).status, 401);
    await assertSignedIn(api(), bystander.token);
    await patch(operator, admin.clientId, { isActive: true });
    await assertOutWithinASecond(api(), admin.token);
    assert.equal((await logIn(api(), admin.email)).status, 200);
    const actions = (await api().auditOf(admin.clientId)).map(({ actor, after }) => [
      actor.type,
      after.isActive,
    ]);
    assert.deepEqual(actions.slice(1), [
      ['operator', false],
      ['operator', true],
    ]);
  });

  it('an operator’s own client › cannot be deactivated', async () => {
    assert.equal(codeOf(await patch(operator, operator.clientId, { isActive: false })), '409 wrong-state');
    await assertSignedIn(api(), operator.token);
  });

  it('the command › grants and revokes, audited; an agent who is an operator has an operator’s access', async () => {
    const admin = await newAdmin(api());
    const agent = await newColleague(api(), admin);
    await runOperator('grant', agent.email);
    await waitFor('the grant holds', async () => (await get(agent, operator.clientId)).status === 200, {
      timeoutMs: 1_000,
    });
    await runOperator('grant', agent.email);
    await runOperator('revoke', agent.email);
    await waitFor('the revocation holds', async () => (await get(agent, operator.clientId)).status === 404, {
      timeoutMs: 1_000,
    });
    const events = (await api().auditOf(agent.id)).filter(({ action }) =>
      String(action).includes('operator'),
    );
    assert.deepEqual(
      events.map(({ action, actor }) => [action, actor]),
      [
        ['user.operator-granted', { type: 'system' }],
        ['user.operator-revoked', { type: 'system' }],
      ],
    );
    await assert.rejects(runOperator('grant', newEmail()), /No user has the address/);
  });

  it('the command line › is read strictly', () => {
    assert.deepEqual(readOperatorCommand(['grant', ' Jane@Example.com ']), {
      verb: 'grant',
      email: 'jane@example.com',
    });
    for (const args of [[], ['grant'], ['grant', 'jane'], ['make', 'a@b.de'], ['grant', 'a@b.de', 'x']])
      assert.equal(readOperatorCommand(args), null);
  });
});
