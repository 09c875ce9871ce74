import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { call, type Answer } from '../support/http.ts';

/** One way to name an object of a client; `id` comes from the object's owner, or is made up. */
interface Place {
  /** As the route table has it. */
  readonly route: string;
  readonly what: string;
  readonly idOf: (owner: Owner) => string;
  readonly path: (id: string) => string;
  readonly body?: (id: string) => object;
  /** What the owner gets, to prove that the refusal of others is not the refusal of everybody. */
  readonly ownStatus: number;
}

/** A client with one of everything. */
interface Owner {
  readonly user: CrmUser;
  readonly message: MessageJson;
  readonly leadId: string;
}

const template = (who: object) => ({ templateName: 'hello_world', ...who });
const sends = 'post /api/messages/template';
const toSend = () => '/api/messages/template';

const places: readonly Place[] = [
  {
    route: 'get /api/messages/:id',
    what: 'a message',
    idOf: ({ message }) => message.id,
    path: (id) => `/api/messages/${id}`,
    ownStatus: 200,
  },
  {
    route: 'get /api/clients/:id',
    what: 'the client',
    idOf: ({ user }) => user.clientId,
    path: (id) => `/api/clients/${id}`,
    ownStatus: 200,
  },
  {
    route: sends,
    what: 'a contact to send to',
    idOf: ({ message }) => message.contactId,
    path: toSend,
    body: (contactId) => template({ contactId }),
    ownStatus: 201,
  },
  {
    route: sends,
    what: 'a lead to send to',
    idOf: ({ leadId }) => leadId,
    path: toSend,
    body: (leadId) => template({ leadId }),
    ownStatus: 201,
  },
  {
    route: sends,
    what: 'a conversation to send in',
    idOf: ({ message }) => message.conversationId,
    path: toSend,
    body: (conversationId) => template({ conversationId }),
    ownStatus: 201,
  },
  {
    route: sends,
    what: 'a channel to send from',
    idOf: ({ user }) => user.channelId,
    path: toSend,
    body: (channelId) => template({ to: '+4915112345601', channelId }),
    ownStatus: 201,
  },
  {
    route: 'post /api/messages/:id/cancel',
    what: 'a message to cancel',
    idOf: ({ message }) => message.id,
    path: (id) => `/api/messages/${id}/cancel`,
    ownStatus: 200,
  },
];

describe('api › tenancy', function () {
  this.timeout(60_000);
  const api = useApi('tenancy');
  let owner: Owner;
  let stranger: Owner;

  async function makeOwner(): Promise<Owner> {
    const user = await api().signUp();
    const message = await user.send({ to: phoneEndingIn('01'), sendAt: '2040-01-01T00:00:00Z' });
    const lead = await api()
      .collection('leads')
      .findOne({ contactId: new Types.ObjectId(message.contactId) });
    return { user, message, leadId: lead?._id.toHexString() ?? '' };
  }

  before(async () => {
    owner = await makeOwner();
    stranger = await makeOwner();
  });

  const ask = ({ route, path, body }: Place, id: string, token?: string): Promise<Answer> =>
    call(`${api().url}${path(id)}`, {
      method: route.split(' ')[0]?.toUpperCase() ?? '',
      ...(token === undefined ? {} : { token }),
      ...(body === undefined ? {} : { json: body(id) }),
    });

  /** An answer without what differs from request to request. */
  const comparable = ({ status, body }: Answer) => ({ status, ...body, instance: null });

  it('the route table › every route with an id in its path is here', () => {
    const withId = api()
      .api.http.routes.filter(({ path }) => path.includes('/:'))
      .map(({ method, path }) => `${method} ${path}`);
    const tested = new Set(places.map(({ route }) => route));
    assert.deepEqual(
      withId.filter((route) => !tested.has(route)),
      [],
    );
  });

  for (const place of places) {
    it(`${place.route} › ${place.what} of another client › the answer as for one that never was; nothing changes`, async () => {
      const id = place.idOf(owner);
      const before = await api().countAll();
      const refused = await ask(place, id, stranger.user.token);
      const neverWas = await ask(place, new Types.ObjectId().toHexString(), stranger.user.token);
      assert.deepEqual(comparable(refused), comparable(neverWas));
      assert.equal(refused.status, 404);
      assert.deepEqual(await api().countAll(), before);
      assert.equal((await owner.user.getMessage(owner.message.id)).status, owner.message.status);

      const anonymous = await ask(place, id);
      assert.deepEqual([anonymous.status, anonymous.body['code']], [401, 'unauthenticated']);

      // The positive control: the same id is good for its owner. Comes last, because it may change the object.
      assert.equal((await ask(place, id, owner.user.token)).status, place.ownStatus);
    });
  }

  it('lists › hold nothing of another client, also when its ids are asked for', async () => {
    const { token } = stranger.user;
    const idsOf = async (path: string) => {
      const answer = await call(`${api().url}${path}`, { token });
      assert.equal(answer.status, 200);
      return (answer.body['items'] as { id: string }[]).map(({ id }) => id);
    };
    assert.deepEqual(await idsOf('/api/messages'), [stranger.message.id]);
    assert.deepEqual(await idsOf('/api/channels'), [stranger.user.channelId]);
    assert.deepEqual(await idsOf(`/api/messages?conversationId=${owner.message.conversationId}`), []);
    assert.deepEqual(await idsOf(`/api/templates?channelId=${owner.user.channelId}`), []);
  });
});
