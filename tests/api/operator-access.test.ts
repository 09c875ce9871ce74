import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { buildRecords } from '../../src/app/events.ts';
import { buildClients, buildOperatorAccesses, buildUsers } from '../../src/identity/build.ts';
import type { OpenAccess } from '../../src/identity/operator-accesses/accesses.ts';
import type { OperatorAccessDetailView } from '../../src/identity/operator-accesses/schemas.ts';
import { readOperatorCommand, setOperator } from '../../src/identity/users/operators.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { useApi } from '../support/api.ts';
import { call, type CrmUser } from '../support/crm-client.ts';
import { waitFor } from '../support/wait.ts';

const reason = 'alert ChannelPaused, ticket 4711';

describe('api › operators in a client', function () {
  this.timeout(60_000);
  const api = useApi('operator-access');
  let staff: CrmUser;
  let business: CrmUser;

  /** What `npm run operator` uses. */
  function commands() {
    const mongo = api().connection;
    const clock = systemClock;
    const { audit } = buildRecords({ mongo, clock });
    const { directory: users } = buildUsers({ mongo, audit });
    const { directory: clients } = buildClients({ mongo, audit });
    return { users, accesses: buildOperatorAccesses({ mongo, audit, users, clients, clock }) };
  }

  async function open(given: Partial<OpenAccess> = {}): Promise<string> {
    const clientId = Types.ObjectId.createFromHexString(business.clientId);
    const command = { clientId, email: staff.email, reason, minutes: 15, ...given };
    return (await commands().accesses.open(command)).token;
  }

  const as = <Body>(token: string, path: string, method = 'GET', body?: object) =>
    call<Body>(`${api().url}${path}`, { method, token, ...(body === undefined ? {} : { body }) });
  const list = async (user: CrmUser) =>
    (await user.call<{ items: OperatorAccessDetailView[] }>('/api/operator-accesses')).body.items;
  const untilRefused = (token: string) =>
    waitFor('the token is refused', async () => (await as(token, '/api/channels')).status === 401, {
      timeoutMs: 2_000,
    });

  beforeEach(async () => {
    staff = await api().signUp();
    business = await api().signUp();
    await setOperator(commands(), { verb: 'grant', email: staff.email });
  });

  it('acts as an admin of the client › every request and change is recorded; its admins see who, why and what', async () => {
    const token = await open();
    const path = `/api/channels/${business.channelId}`;
    assert.equal((await as(token, path)).status, 200);
    assert.equal((await as(token, `${path}/pause`, 'POST')).status, 200);
    const [last] = (await api().auditOf(business.channelId)).slice(-1);
    assert.deepEqual(
      [last?.['action'], last?.['actor'].type, String(last?.['actor'].userId)],
      ['channel.paused', 'operator', staff.userId],
    );
    const [access] = await list(business);
    assert.equal(access?.reason, reason);
    assert.equal(access.operator.id, staff.userId);
    assert.equal(Date.parse(access.expiresAt) - Date.parse(access.createdAt), 15 * 60_000);
    const detail = await business.call<OperatorAccessDetailView>(`/api/operator-accesses/${access.id}`);
    assert.deepEqual(
      detail.body.requests.map(({ method, route, ids }) => [method, route, ids]),
      [
        ['POST', '/api/channels/:id/pause', { id: business.channelId }],
        ['GET', '/api/channels/:id', { id: business.channelId }],
      ],
    );
    assert.ok(!JSON.stringify(detail.body).includes(token));
  });

  it('another client › is out of reach, and does not see the access', async () => {
    const token = await open();
    assert.equal((await as(token, `/api/channels/${staff.channelId}`)).status, 404);
    assert.equal((await as(token, '/api/clients', 'POST', {})).status, 403);
    assert.deepEqual(await list(staff), []);
    const [access] = await list(business);
    assert.equal((await staff.call(`/api/operator-accesses/${access?.id}`)).status, 404);
    const deleted = await staff.call(`/api/operator-accesses/${access?.id}`, { method: 'DELETE' });
    assert.equal(deleted.status, 404);
  });

  it('accounts, the client and the accesses themselves › are closed to the operator', async () => {
    const token = await open();
    const [access] = await list(business);
    for (const [method, path] of [
      ['GET', '/api/users'],
      ['POST', '/api/users'],
      ['GET', '/api/auth/me'],
      ['PATCH', `/api/clients/${business.clientId}`],
      ['PUT', `/api/clients/${business.clientId}/sending-policy`],
      ['GET', '/api/operator-accesses'],
      ['DELETE', `/api/operator-accesses/${access?.id}`],
    ] as const) {
      const { status } = await as(token, path, method, method === 'GET' ? undefined : {});
      assert.ok(status === 403 || status === 405, `${method} ${path}: ${status}`);
    }
    assert.equal((await as(token, `/api/clients/${business.clientId}`)).status, 200);
  });

  it('ended by an admin, over, or the operator lost the right › refused within a second', async () => {
    const ended = await open();
    assert.equal((await as(ended, '/api/channels')).status, 200);
    const [access] = await list(business);
    const answer = await business.call(`/api/operator-accesses/${access?.id}`, { method: 'DELETE' });
    assert.equal(answer.status, 204);
    await untilRefused(ended);
    assert.notEqual((await list(business))[0]?.endedAt, null, 'stays listed');

    const over = await open();
    await api()
      .collection('operator_accesses')
      .updateMany({ endedAt: { $exists: false } }, { $set: { expiresAt: new Date() } });
    assert.equal((await as(over, '/api/channels')).status, 401);

    const revoked = await open();
    assert.equal((await as(revoked, '/api/channels')).status, 200);
    await setOperator(commands(), { verb: 'revoke', email: staff.email });
    await untilRefused(revoked);
  });

  it('somebody who is no operator, a client that does not exist › no token', async () => {
    await assert.rejects(open({ email: business.email }), /is not an operator/);
    await assert.rejects(open({ clientId: new Types.ObjectId() }), /There is no client/);
    assert.equal((await as('op_guessed', '/api/channels')).status, 401);
  });
});

describe('command of operators', () => {
  const id = '0123456789abcdef01234567';
  const access = ['access', id, '--as', 'kim@example.com', '--reason', reason];

  it('access › the client, the operator, a reason, 15 minutes unless told otherwise', () => {
    const expected = { verb: 'access', email: 'kim@example.com', reason, minutes: 15 };
    const { clientId, ...others } = { clientId: null, ...readOperatorCommand(access) };
    assert.deepEqual([String(clientId), others], [id, expected]);
    assert.deepEqual(readOperatorCommand([...access, '--minutes', '60']), {
      ...expected,
      clientId: Types.ObjectId.createFromHexString(id),
      minutes: 60,
    });
  });

  for (const [situation, args] of [
    ['no client', ['access', '--as', 'kim@example.com', '--reason', reason]],
    ['no reason', access.slice(0, 4)],
    ['a reason that says nothing', [...access.slice(0, 5), 'x']],
    ['longer than an hour', [...access, '--minutes', '61']],
    ['an unknown option', [...access, '--for-ever']],
  ] as const)
    it(`access › ${situation} › the usage`, () => assert.equal(readOperatorCommand(args), null));
});
