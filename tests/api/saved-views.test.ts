import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ConversationRecord } from '../../src/inbox/conversations/use-cases.ts';
import { issuePaths } from '../support/http.ts';
import {
  addMember,
  codeOf,
  ifMatch,
  readInPairs,
  signUpAdmin,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';

const start = new Date('2026-11-23T09:00:00Z');

interface ViewJson {
  readonly id: string;
  readonly name: string;
  readonly invalid: readonly { readonly path: string; readonly id: string; readonly message: string }[];
}

describe('saved views', function () {
  this.timeout(60_000);
  const api = useMessagingApi('saved_views');
  let admin: Member;
  let agent: Member;
  let other: Member;

  beforeEach(async () => {
    admin = await signUpAdmin(api());
    [agent, other] = await Promise.all([addMember(api(), admin), addMember(api(), admin)]);
  });

  const idOf = ({ userId }: Member): string => userId.toHexString();

  async function make(who: Member, filter: object, fields: object = {}): Promise<string> {
    const name = `View ${new Types.ObjectId().toHexString()}`;
    const answer = await who.post('/api/views', { name, filter, ...fields });
    assert.equal(answer.status, 201, answer.text);
    return String(answer.body['id']);
  }
  async function create(path: string, body: object): Promise<string> {
    const answer = await admin.post(path, body);
    assert.equal(answer.status, 201, answer.text);
    return String(answer.body['id']);
  }

  async function addConversation(fields: Partial<ConversationRecord> = {}): Promise<string> {
    const conversation: ConversationRecord = {
      ...{ _id: new Types.ObjectId(), clientId: admin.clientId, leadId: new Types.ObjectId() },
      ...{ contactId: new Types.ObjectId(), channelId: new Types.ObjectId(), status: 'open' },
      ...{ lastMessageAt: start, unreadCount: 0, createdAt: start, version: 1, history: [] },
      ...fields,
    };
    await api().collection<ConversationRecord>('conversations').insertOne(conversation);
    return conversation._id.toHexString();
  }
  async function listed(path: string, who = agent): Promise<string[]> {
    const answer = await who.get(path);
    assert.equal(answer.status, 200, answer.text);
    return (answer.body['items'] as { id: string }[]).map(({ id }) => id);
  }
  async function counts(query: string, who = agent): Promise<readonly (readonly [string, number | null])[]> {
    const answer = await who.get(`/api/views/counts${query}`);
    assert.equal(answer.status, 200, answer.text);
    const items = answer.body['items'] as { viewId: string; count: number | null }[];
    return items.map(({ viewId, count }) => [viewId, count]);
  }

  it('own and shared › a colleague’s own does not exist, and only admins change shared ones', async () => {
    const own = await make(agent, { unread: 'true' });
    const shared = await make(admin, { status: 'open' }, { scope: 'shared' });
    assert.deepEqual((await listed('/api/views')).toSorted(), [own, shared].toSorted());
    assert.deepEqual(await listed('/api/views', other), [shared]);
    for (const path of [`/api/views/${own}`, `/api/views/${own}/conversations`])
      assert.equal((await other.get(path)).status, 404, path);
    assert.equal((await other.patch(`/api/views/${own}`, { name: 'Theirs' })).status, 404);
    assert.equal((await other.delete(`/api/views/${own}`)).status, 404);
    assert.equal(codeOf(await agent.patch(`/api/views/${shared}`, { name: 'Mine' })), '403 forbidden');
    assert.equal(codeOf(await agent.delete(`/api/views/${shared}`)), '403 forbidden');
    const pushed = await agent.post('/api/views', { name: 'Push', scope: 'shared', filter: {} });
    assert.equal(codeOf(pushed), '403 forbidden');
    assert.deepEqual(await counts(`?ids=${own},${shared}`, other), [[shared, 0]]);
    const stranger = await signUpAdmin(api());
    assert.equal((await stranger.get(`/api/views/${shared}`)).status, 404);
    assert.deepEqual(await counts(`?ids=${shared}`, stranger), []);
  });

  it('names › unique among the shared and among one’s own, in any case', async () => {
    const shared = await admin.post('/api/views', { name: 'Größe', scope: 'shared', filter: {} });
    assert.equal(shared.status, 201);
    assert.equal((await agent.post('/api/views', { name: 'grosse', filter: {} })).status, 201);
    assert.equal((await other.post('/api/views', { name: 'grosse', filter: {} })).status, 201);
    const taken = await admin.post('/api/views', { name: 'GROSSE', scope: 'shared', filter: {} });
    assert.deepEqual([codeOf(taken), taken.body['existingId']], ['409 already-exists', shared.body['id']]);
    const path = `/api/views/${await make(agent, {})}`;
    assert.equal(codeOf(await agent.patch(path, { name: 'Große' })), '409 already-exists');
  });

  it('list › by name, with a second page', async () => {
    const names = ['Beta', 'alpha', 'gamma'];
    for (const name of names)
      await make(
        name === 'Beta' ? admin : agent,
        {},
        { name, ...(name === 'Beta' ? { scope: 'shared' } : {}) },
      );
    const items = await readInPairs<ViewJson>(agent, '/api/views');
    assert.deepEqual(
      items.map(({ name }) => name),
      ['alpha', 'Beta', 'gamma'],
    );
  });

  it('the filter › has the names and rules of the list, is shown as it is taken, and finds the same', async () => {
    const labelId = await create('/api/labels', { name: `L ${new Types.ObjectId().toHexString()}` });
    const teamId = await create('/api/teams', { name: 'Team', userIds: [idOf(agent)] });
    const found = await addConversation({
      ...{ assignedAgentId: agent.userId, labels: [new Types.ObjectId(labelId)], unreadCount: 1 },
    });
    await addConversation({ assignedAgentId: agent.userId, unreadCount: 1 });
    const filter = {
      ...{ status: ['open', 'pending'], since: '2026-11-23T09:00:00.000Z', assignedAgentId: 'me' },
      ...{ teamId, labelId, unread: 'true' },
    };
    const view = `/api/views/${await make(agent, filter)}`;
    const shown = (await agent.get(view)).body['filter'] as Readonly<Record<string, unknown>>;
    assert.deepEqual(shown, filter);
    const query = new URLSearchParams(
      Object.entries(shown).map(([name, value]): [string, string] => [name, String(value)]),
    );
    assert.deepEqual(await listed(`/api/conversations?${query.toString()}`), [found]);
    assert.deepEqual(await listed(`${view}/conversations`), [found]);
    const again = await agent.patch(view, { filter: shown });
    assert.equal(again.status, 200, again.text);
    const wrong = { status: 'shut', unread: true, assignedAgentId: 'you', limit: 5 };
    const refused = await agent.post('/api/views', { name: 'Wrong', filter: wrong });
    assert.deepEqual(issuePaths(refused).toSorted(), [
      ...['body.filter.assignedAgentId', 'body.filter.limit', 'body.filter.status', 'body.filter.unread'],
    ]);
  });

  it('mine in a shared view › is whoever looks at it, in the list and in the count', async () => {
    const view = await make(admin, { assignedAgentId: 'me' }, { scope: 'shared' });
    const mine = await addConversation({ assignedAgentId: agent.userId });
    const theirs = [
      await addConversation({ assignedAgentId: other.userId }),
      await addConversation({ assignedAgentId: other.userId, lastMessageAt: new Date(0) }),
    ];
    assert.deepEqual(await listed(`/api/views/${view}/conversations`), [mine]);
    const pages = await readInPairs<{ id: string }>(other, `/api/views/${view}/conversations`);
    assert.deepEqual(
      pages.map(({ id }) => id),
      theirs,
    );
    assert.deepEqual(await counts(`?ids=${view}`), [[view, 1]]);
    assert.deepEqual(await counts(`?ids=${view}`, other), [[view, 2]]);
    assert.deepEqual(await counts(`?ids=${view}`, admin), [[view, 0]]);
  });

  it('counts › in the order of the request, as long as the lists, and up to a thousand', async () => {
    for (let count = 0; count < 3; count += 1) await addConversation({ unreadCount: 1 });
    await addConversation({ status: 'closed' });
    const [unread, closed, all] = [
      await make(agent, { unread: 'true' }, { name: 'c' }),
      await make(agent, { status: 'closed' }, { name: 'a' }),
      await make(agent, {}, { name: 'b' }),
    ];
    assert.deepEqual(await counts(`?ids=${all},${unread},${closed},${all}`), [
      ...([
        [all, 4],
        [unread, 3],
        [closed, 1],
      ] as const),
    ]);
    // Without ids, the first of the list.
    assert.deepEqual(await counts(''), [
      ...([
        [closed, 1],
        [all, 4],
        [unread, 3],
      ] as const),
    ]);
    const many = Array.from({ length: 1_001 }, () => ({
      ...{ _id: new Types.ObjectId(), clientId: admin.clientId, status: 'pending', lastMessageAt: start },
      ...{ channelId: new Types.ObjectId(), contactId: new Types.ObjectId(), unreadCount: 0, version: 1 },
      ...{ createdAt: start, history: [] },
    }));
    await api().collection('conversations').insertMany(many);
    const pending = await make(agent, { status: 'pending' });
    assert.deepEqual(await counts(`?ids=${pending}`), [[pending, 1_000]]);
    const ids = Array.from({ length: 21 }, () => new Types.ObjectId().toHexString());
    assert.equal((await agent.get(`/api/views/counts?ids=${ids.join(',')}`)).status, 400);
  });

  it('a count › is bounded in time and number by the database', async () => {
    const view = await make(agent, { unread: 'true' });
    const db = api().connection.db;
    assert.ok(db);
    await db.command({ profile: 2 });
    await counts(`?ids=${view}`);
    await db.command({ profile: 0 });
    const [read] = await api()
      .collection('system.profile')
      .find({ 'command.aggregate': 'conversations', 'command.pipeline.0.$match.clientId': admin.clientId })
      .toArray();
    const command = (read?.['command'] ?? {}) as Readonly<Record<string, unknown>>;
    assert.equal(command['maxTimeMS'], 500);
    assert.match(JSON.stringify(command['pipeline']), /"\$limit":1000/);
  });

  it('a label, team or contact that is gone, a user who is disabled › said so, and the list still works', async () => {
    const labelId = await create('/api/labels', { name: `L ${new Types.ObjectId().toHexString()}` });
    const teamId = await create('/api/teams', { name: 'Team', userIds: [idOf(agent)] });
    const contactId = await create('/api/contacts', { phoneNumber: '+15550001102' });
    const leadId = await create('/api/leads', { phoneNumber: '+15550001103' });
    await addConversation({ assignedAgentId: agent.userId });
    const filters = { labelId, teamId, contactId, leadId, assignedAgentId: idOf(other) };
    const views = new Map<string, string>();
    for (const [field, id] of Object.entries(filters))
      views.set(field, await make(admin, { [field]: id }, { scope: 'shared' }));
    const fine = await make(agent, { status: 'open' });
    for (const path of [`/api/labels/${labelId}`, `/api/teams/${teamId}`])
      assert.equal((await admin.delete(path)).status, 204);
    assert.equal((await admin.delete(`/api/contacts/${contactId}`)).status, 204);
    assert.equal((await admin.delete(`/api/leads/${leadId}`)).status, 204);
    await admin.patch(`/api/users/${idOf(other)}`, { status: 'disabled' });
    const { items } = (await agent.get('/api/views')).body as unknown as { items: ViewJson[] };
    assert.equal(items.length, 6);
    for (const [field, viewId] of views) {
      const { invalid = [] } = items.find(({ id }) => id === viewId) ?? {};
      const id = filters[field as keyof typeof filters];
      assert.deepEqual(
        invalid.map((fault) => [fault.path, fault.id]),
        [[`filter.${field}`, id]],
      );
      assert.deepEqual(await listed(`/api/views/${viewId}/conversations`), []);
      assert.deepEqual(await counts(`?ids=${viewId}`), [[viewId, 0]]);
    }
    assert.deepEqual(items.find(({ id }) => id === fine)?.invalid, []);
    // A change of the name alone is allowed; a filter that names it again is not.
    const path = `/api/views/${views.get('labelId')}`;
    assert.equal((await admin.patch(path, { name: 'Old' })).status, 200);
    const refused = await admin.patch(path, { filter: { labelId } });
    assert.deepEqual([codeOf(refused), issuePaths(refused)], ['404 not-found', ['body.filter.labelId']]);
  });

  it('change › of two on one ETag the second is refused; deleted › gone', async () => {
    const made = await agent.post('/api/views', { name: 'Twice', filter: {} });
    const path = `/api/views/${String(made.body['id'])}`;
    assert.equal((await agent.patch(path, { filter: { status: 'open' } }, ifMatch(made))).status, 200);
    assert.equal(codeOf(await agent.patch(path, { name: 'Late' }, ifMatch(made))), '412 precondition-failed');
    assert.equal((await agent.delete(path)).status, 204);
    assert.equal((await agent.get(path)).status, 404);
    assert.deepEqual(
      (await api().auditOf(String(made.body['id']))).map(({ action }) => action),
      ['saved-view.created', 'saved-view.updated', 'saved-view.deleted'],
    );
  });
});
