import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { mayCall } from '../../src/http/access.ts';
import type { Actor } from '../../src/http/route.ts';
import { notOfMails, useApi } from '../support/api.ts';
import { call, type Answer } from '../support/http.ts';
import { askPlace, type Asking, makeOwner, places, type Owner, type Place } from '../support/owned-places.ts';
import { tenantCollections } from '../support/models.ts';

/** Links of mails, and the numbers of live events, come at their own time; each request counts against its business's day. */
const changingByThemselves = new Set([
  'password_links',
  'email_confirmations',
  'email_change_links',
  'outbox_events',
  'event_heads',
  'passing_events',
  'webhook_usage',
]);

describe('api › tenancy', function () {
  this.timeout(60_000);
  const api = useApi('tenancy', { env: { WHATSAPP_API_URL: 'http://127.0.0.1:9' } });
  let owner: Owner;
  let stranger: Owner;

  before(async () => {
    owner = await makeOwner(api());
    stranger = await makeOwner(api());
  });

  const ask = (place: Place, asking: Asking): Promise<Answer> => askPlace(api().url, place, asking);

  /** An answer without what differs from request to request. */
  const comparable = ({ status, body }: Answer) => ({ status, ...body, instance: null });

  /** All that both clients have, but for the links in mails, which are made at their own time. */
  async function readEverything(): Promise<string> {
    const clientId = { $in: [owner, stranger].map(({ user }) => new Types.ObjectId(user.clientId)) };
    const names = [...tenantCollections].filter((name) => !changingByThemselves.has(name));
    const contents = ['clients', ...names].map(async (name) => {
      const ofBoth = name === 'clients' ? { _id: clientId } : { clientId };
      const filter = name === 'audit_events' ? { ...ofBoth, ...notOfMails } : ofBoth;
      // The marks of live events go away at their own time.
      const projection = { unpublishedAt: 0, isUnannounced: 0 };
      const found = await api().collection(name).find(filter, { projection }).sort({ _id: 1 }).toArray();
      return [name, found] as const;
    });
    return JSON.stringify(await Promise.all(contents));
  }

  const accessOf = (route: string) =>
    api().api.http.routes.find(({ method, path }) => `${method} ${path}` === route)?.access ?? [];

  it('the route table › every route with an id in its path is here', () => {
    const withId = api()
      .api.http.routes.filter(({ path }) => path.includes('/:id'))
      .map(({ method, path }) => `${method} ${path}`);
    const tested = new Set(places.filter(({ ownIdOf }) => ownIdOf === undefined).map(({ route }) => route));
    assert.ok(withId.length > 0);
    assert.deepEqual(
      withId.filter((route) => !tested.has(route)),
      [],
    );
  });

  for (const place of places) {
    it(`${place.route} › ${place.what} of another client › the same answer as for an unknown id; nothing changes`, async () => {
      const id = await place.idOf(owner);
      const before = await readEverything();
      const neverWas = new Types.ObjectId().toHexString();
      const { token } = stranger.user;
      const refused = await ask(place, { id, as: stranger, token });
      assert.deepEqual(
        comparable(refused),
        comparable(await ask(place, { id: neverWas, as: stranger, token })),
      );
      assert.equal(refused.status, 404, refused.text);

      const mayAgent = mayCall(accessOf(place.route), { role: 'agent', isOperator: false } as Actor);
      const ofAgent = await ask(place, { id, as: stranger, token: stranger.agent.token });
      assert.equal(ofAgent.status, mayAgent ? refused.status : 403, ofAgent.text);
      const anonymous = await ask(place, { id, as: stranger });
      assert.deepEqual([anonymous.status, anonymous.body['code']], [401, 'unauthenticated']);
      assert.equal(await readEverything(), before, 'a refused request has changed something');

      // The positive control: the same id is good for its owner. Comes last, because it may change the object.
      const good = await ask(place, { id, as: owner, token: owner.user.token });
      assert.equal(good.status, place.ownStatus, good.text);
    });
  }

  it('lists › contain nothing of another client, even with its ids as filters', async () => {
    const { token } = stranger.user;
    const idsOf = async (path: string, asking = token) => {
      const answer = await call(`${api().url}${path}`, { token: asking });
      assert.equal(answer.status, 200, answer.text);
      return (answer.body['items'] as { id: string }[]).map(({ id }) => id);
    };
    const { message, user, agent, leadId } = stranger;
    assert.deepEqual(await idsOf('/api/messages'), [message.id]);
    assert.deepEqual(await idsOf('/api/channels'), [user.channelId]);
    assert.deepEqual(await idsOf('/api/clients'), [user.clientId]);
    assert.deepEqual((await idsOf('/api/users')).toSorted(), [user.userId, agent.userId].toSorted());
    assert.deepEqual(await idsOf('/api/contacts'), [message.contactId]);
    assert.deepEqual(await idsOf('/api/leads'), [leadId]);
    assert.deepEqual(await idsOf('/api/conversations'), [message.conversationId]);
    assert.equal((await idsOf('/api/auth/sessions')).length, 1);

    // Each is first looked for by its owner, who finds something.
    await owner.user.call(`/api/conversations/${owner.message.conversationId}/assign`, {
      body: { agentId: owner.agent.userId },
    });
    const assigned = { method: 'PATCH', body: { assignedAgentId: owner.agent.userId } };
    await owner.user.call(`/api/leads/${owner.leadId}`, assigned);
    for (const path of [
      `/api/messages?conversationId=${owner.message.conversationId}`,
      `/api/templates?channelId=${owner.user.channelId}`,
      `/api/conversations?contactId=${owner.message.contactId}`,
      `/api/conversations?leadId=${owner.leadId}`,
      `/api/conversations?assignedAgentId=${owner.agent.userId}`,
      `/api/leads?assignedAgentId=${owner.agent.userId}`,
    ]) {
      assert.notDeepEqual(await idsOf(path, owner.user.token), [], path);
      assert.deepEqual(await idsOf(path), [], path);
    }
  });
});
