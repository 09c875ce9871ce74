import assert from 'node:assert/strict';
import type { AnyRoute } from '../../src/http/route.ts';
import { useApi } from '../support/api.ts';
import { addColleague, makeOperator } from '../support/colleagues.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { call, type Answer } from '../support/http.ts';
import { samples, someId } from '../support/request-samples.ts';
import { waitFor } from '../support/wait.ts';

type Role = 'admin' | 'agent' | 'operator';

/** Every route of the live table × every kind of caller: who is admitted and who is refused. */
describe('api › access', function () {
  this.timeout(120_000);
  const api = useApi('access');
  const tokens = new Map<string, string>();
  let routes: readonly AnyRoute[] = [];

  const me = async (token: string): Promise<number> =>
    (await call(`${api().url}/api/auth/me`, { token })).status;
  const untilOut = async (token: string): Promise<void> => {
    await waitFor('the token is refused', async () => (await me(token)) === 401);
  };

  /** The token, which was valid until then. */
  async function spoilt(token: string, spoil: () => Promise<{ status: number }>): Promise<string> {
    assert.equal(await me(token), 200);
    const { status } = await spoil();
    assert.ok(status < 300, String(status));
    await untilOut(token);
    return token;
  }

  before(async () => {
    routes = api().api.http.routes;
    const admin = await api().signUp();
    const agent = await addColleague(api(), admin);
    const operator = await api().signUp();
    await makeOperator(api(), operator);
    tokens.set('admin', admin.token).set('agent', agent.token).set('operator', operator.token);

    const disabled = await addColleague(api(), admin, 'admin');
    const ended = await addColleague(api(), admin, 'admin');
    const closed: CrmUser = await api().signUp();
    const patch = (who: CrmUser, path: string, body: object) => who.call(path, { method: 'PATCH', body });
    tokens.set(
      'a disabled user',
      await spoilt(disabled.token, () =>
        patch(admin, `/api/users/${disabled.userId}`, { status: 'disabled' }),
      ),
    );
    tokens.set(
      'an ended session',
      await spoilt(ended.token, () =>
        admin.call(`/api/users/${ended.userId}/sessions`, { method: 'DELETE' }),
      ),
    );
    tokens.set(
      'a user of a client that is not active',
      await spoilt(closed.token, () =>
        patch(operator, `/api/clients/${closed.clientId}`, { isActive: false }),
      ),
    );
  });

  /** The valid request for the route, about an object that does not exist. */
  function ask({ method, path }: AnyRoute, token?: string): Promise<Answer> {
    const json = samples.find(({ route }) => route === `${method} ${path}`)?.body;
    return call(`${api().url}${path.replace(':id', someId)}`, {
      method: method.toUpperCase(),
      ...(token === undefined ? {} : { token }),
      ...(json === undefined ? {} : { json }),
    });
  }

  /** An operator is also the admin of some client. */
  const isAllowed = ({ access }: AnyRoute, role: Role): boolean =>
    access === 'public' || access.includes(role) || (role === 'operator' && access.includes('admin'));
  const nameOf = ({ method, path }: AnyRoute): string => `${method} ${path}`;
  const closedRoutes = (): AnyRoute[] => routes.filter(({ access }) => access !== 'public');
  const roles: readonly Role[] = ['agent', 'admin', 'operator'];

  it('no token, a disabled user, an ended session, an inactive client › 401 on every route that is not public', async () => {
    assert.ok(closedRoutes().length >= 40);
    const before = await api().countStored();
    const spoiled = [...tokens].filter(([who]) => !roles.includes(who as Role));
    assert.equal(spoiled.length, 3);
    for (const route of closedRoutes()) {
      for (const [who, token] of [['nobody', undefined] as const, ...spoiled]) {
        const answer = await ask(route, token);
        const found = [answer.status, answer.body['code']];
        assert.deepEqual(found, [401, 'unauthenticated'], `${nameOf(route)} as ${who}`);
      }
    }
    assert.deepEqual(await api().countStored(), before);
  });

  it('a role that the route does not name › 403; a role that it names › admitted', async () => {
    const refused = { agent: 0, admin: 0, operator: 0 };
    const told = (route: AnyRoute, role: Role, { text }: Answer) => `${nameOf(route)} as ${role}: ${text}`;
    const matrix = closedRoutes().flatMap((route) => roles.map((role) => ({ route, role })));
    const before = await api().countStored();
    for (const { route, role } of matrix.filter(({ route, role }) => !isAllowed(route, role))) {
      const answer = await ask(route, tokens.get(role));
      assert.deepEqual([answer.status, answer.body['code']], [403, 'forbidden'], told(route, role, answer));
      refused[role] += 1;
    }
    assert.deepEqual(await api().countStored(), before);

    for (const { route, role } of matrix.filter(({ route, role }) => isAllowed(route, role))) {
      const answer = await ask(route, tokens.get(role));
      assert.ok(![401, 403].includes(answer.status), told(route, role, answer));
    }
    // Agents may not do what admins manage, admins may not create clients, operators may do everything.
    assert.ok(refused.agent >= 15);
    assert.deepEqual([refused.admin, refused.operator], [1, 0]);
  });
});
