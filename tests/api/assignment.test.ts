import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { createInboundService } from '../../src/sending/messages/incoming/inbound.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { parseWebhookBody } from '../../src/whatsapp/events.ts';
import { newWamid } from '../support/consent.ts';
import { phoneEndingIn } from '../support/crm-client.ts';
import { issuePaths } from '../support/http.ts';
import {
  addMember,
  codeOf,
  ifMatch,
  signUpAdmin,
  statusesOf,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';
import { waitFor } from '../support/wait.ts';
import { useWorkerCore } from '../support/worker-core.ts';

interface ConversationJson {
  readonly id: string;
  readonly assignedAgentId: string | null;
  readonly queuedSince: string | null;
  readonly history: readonly { readonly reason: string | null; readonly by: string | null }[];
}

describe('api › assignment', function () {
  this.timeout(60_000);
  const running = useMessagingApi('assignment');
  const core = useWorkerCore(running);
  let admin: Member;
  let agent: Member;

  beforeEach(async () => {
    admin = await signUpAdmin(running());
    agent = await addMember(running(), admin);
  });

  const addPolicy = async (fields: object = {}) => {
    const answer = await admin.post('/api/assignment-policies', { name: 'All', priority: 1, ...fields });
    assert.equal(answer.status, 201, answer.text);
    return answer;
  };
  const isOnline = async (who: Member) => {
    const answer = await who.put('/api/me/availability', { chosen: 'online' });
    assert.equal(answer.status, 200, answer.text);
  };

  /** A contact writes; returns the path of the conversation. */
  async function hear(phone = phoneEndingIn('01')): Promise<string> {
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const message = { id: newWamid(), from: phone.slice(1), timestamp, type: 'text', text: { body: 'Hi' } };
    const [item] = parseWebhookBody(JSON.stringify({ messages: [message] }));
    assert.ok(item?.kind === 'message');
    const { items } = (await admin.get('/api/channels')).body as { items: { id: string }[] };
    const channelId = new Types.ObjectId(items[0]?.id);
    await createInboundService(core()).receive(scopeOf(admin.clientId), channelId, item);
    const page = (await admin.get('/api/conversations?limit=1')).body as { items: { id: string }[] };
    return `/api/conversations/${page.items[0]?.id}`;
  }
  const read = async (path: string): Promise<ConversationJson> =>
    (await admin.get(path)).body as unknown as ConversationJson;

  /** The drainer of the worker runs. */
  async function drain(): Promise<void> {
    const loop = core().areas.inbox.loops(core().logger, core().metrics)[0];
    assert.ok(loop);
    while ((await loop.step()) === 'more');
    await loop.finish?.();
  }

  it('a contact writes › the agent who is online gets the conversation, and its history says why', async () => {
    await addPolicy();
    await isOnline(agent);
    const path = await hear();
    await drain();
    const { assignedAgentId, queuedSince, history } = await read(path);
    assert.deepEqual([assignedAgentId, queuedSince], [agent.userId.toHexString(), null]);
    assert.deepEqual(
      history.map(({ by, reason }) => ({ by, reason })),
      [{ by: null, reason: 'least-loaded' }],
    );
    const audited = await running().auditOf(path.split('/').at(-1) ?? '');
    assert.deepEqual(
      audited.map(({ action, actor }) => [action, actor.type]),
      [['conversation.assigned', 'system']],
    );
  });

  it('no policy › a business works as before', async () => {
    await isOnline(agent);
    const path = await hear();
    await drain();
    const { assignedAgentId, queuedSince, history } = await read(path);
    assert.deepEqual([assignedAgentId, queuedSince, history], [null, null, []]);
    await agent.post(`${path}/assign`, { agentId: agent.userId.toHexString() });
    assert.equal((await read(path)).assignedAgentId, agent.userId.toHexString());
    assert.deepEqual((await admin.get('/api/queues')).body, { items: [] });
  });

  it('availability › what is chosen counts while connected; a heartbeat connects, and colleagues see it', async () => {
    const before = await agent.get('/api/me/availability');
    const never = { chosen: 'offline', effective: 'offline', connectedUntil: null, openCount: 0 };
    assert.deepEqual(before.body, never);
    assert.deepEqual((await agent.post('/api/me/heartbeat')).body, never);
    await isOnline(agent);
    const states = running().collection('agent_states');
    await states.updateOne({ userId: agent.userId }, { $set: { connectedUntil: new Date(0) } });
    assert.equal((await agent.get('/api/me/availability')).body['effective'], 'offline');
    assert.equal((await agent.post('/api/me/heartbeat')).body['effective'], 'online');
    const { items } = (await admin.get('/api/agents/presence')).body as { items: { userId: string }[] };
    assert.deepEqual(
      items.map(({ userId }) => userId),
      [agent.userId.toHexString()],
    );
    assert.equal((await agent.put('/api/me/availability', { chosen: 'busy' })).status, 400);
  });

  it('a stream of live events › keeps the agent connected', async () => {
    await isOnline(agent);
    const states = running().collection('agent_states');
    await states.updateOne({ userId: agent.userId }, { $set: { connectedUntil: new Date(0) } });
    const closing = new AbortController();
    const { token } = agent;
    const stream = await fetch(`${running().url}/api/events`, {
      headers: { authorization: `Bearer ${token}` },
      signal: closing.signal,
    });
    assert.equal(stream.status, 200);
    await waitFor(
      'the stream connects the agent',
      async () => (await agent.get('/api/me/availability')).body['effective'] === 'online',
    );
    closing.abort();
  });

  it('a disabled agent › gets nothing, and what they had returns to the queue', async () => {
    await addPolicy();
    await isOnline(agent);
    const path = await hear();
    await drain();
    const user = `/api/users/${agent.userId.toHexString()}`;
    assert.equal((await admin.patch(user, { status: 'disabled' })).status, 200);
    await waitFor('the conversation returns', async () => {
      for (const loop of core().loops.filter(({ name }) => name === 'timers')) await loop.step();
      return (await read(path)).assignedAgentId === null;
    });
    await drain();
    const { assignedAgentId, queuedSince, history } = await read(path);
    assert.equal(assignedAgentId, null);
    assert.notEqual(queuedSince, null);
    assert.deepEqual(
      history.map(({ reason }) => reason),
      ['least-loaded', 'agent-disabled'],
    );
    const refused = await admin.post(`${path}/assign`, { agentId: agent.userId.toHexString() });
    assert.deepEqual([refused.status, issuePaths(refused)], [400, ['body.agentId']]);
    await admin.patch(user, { status: 'active' });
    const again = await admin.post(`${path}/assign`, { agentId: agent.userId.toHexString() });
    assert.equal(again.status, 200);
  });

  it('take › of many at once one gets it; a colleague’s is refused; give back returns it to the queue', async () => {
    await addPolicy({ method: 'manual' });
    const others = [await addMember(running(), admin), await addMember(running(), admin)];
    const path = await hear();
    const answers = await Promise.all([agent, ...others].map((who) => who.post(`${path}/take`)));
    assert.deepEqual(statusesOf(answers), [200, 409, 409]);
    const { assignedAgentId } = await read(path);
    const members = [agent, ...others];
    const winner = members.find(({ userId }) => userId.toHexString() === assignedAgentId);
    const loser = members.find((member) => member !== winner);
    assert.ok(winner && loser);
    assert.equal((await winner.post(`${path}/take`)).status, 200);
    assert.equal(codeOf(await loser.post(`${path}/give-back`)), '409 wrong-state');
    const back = await winner.post(`${path}/give-back`);
    assert.equal(back.status, 200, back.text);
    const { history, queuedSince } = await read(path);
    assert.notEqual(queuedSince, null);
    assert.deepEqual(
      history.map(({ reason }) => reason),
      ['taken', 'given-back'],
    );
    await winner.patch(path, { status: 'closed' });
    assert.equal(codeOf(await winner.post(`${path}/take`)), '409 wrong-state');
  });

  it('a policy is created while contacts wait › they come into the queue, answered ones do not', async () => {
    const [waiting, answered] = [await hear(), await hear()];
    const id = answered.split('/').at(-1);
    const reply = { conversationId: id, content: { type: 'text', body: 'Hello' } };
    assert.equal((await agent.post('/api/messages', reply)).status, 201);
    await addPolicy({ method: 'manual' });
    await waitFor('the contact waits in the queue', async () => {
      for (const loop of core().loops.filter(({ name }) => name === 'timers')) await loop.step();
      return (await read(waiting)).queuedSince !== null;
    });
    assert.equal((await read(answered)).queuedSince, null);
  });

  it('assign to auto › waits in the queue, and needs a policy', async () => {
    const path = await hear();
    const without = await agent.post(`${path}/assign`, { agentId: 'auto' });
    assert.equal(codeOf(without), '409 wrong-state');
    await addPolicy({ method: 'manual' });
    await agent.post(`${path}/take`);
    const queued = await agent.post(`${path}/assign`, { agentId: 'auto' });
    assert.equal(queued.status, 200, queued.text);
    const { assignedAgentId, queuedSince } = await read(path);
    assert.deepEqual([assignedAgentId, queuedSince === null], [null, false]);
    assert.equal((await agent.post(`${path}/assign`, { agentId: 'auto' })).status, 200);
    assert.equal((await agent.post(`${path}/assign`, { agentId: 'nobody' })).status, 400);
  });

  it('the capacity of an agent › the smaller one counts; a larger one lets the queue move on', async () => {
    await addPolicy();
    await isOnline(agent);
    const capacity = `/api/agents/${agent.userId.toHexString()}/capacity`;
    assert.equal((await agent.put(capacity, { capacity: 5 })).status, 403);
    assert.equal((await admin.put(capacity, { capacity: 0 })).body['capacity'], 0);
    const path = await hear();
    await drain();
    assert.equal((await read(path)).assignedAgentId, null);
    assert.equal((await admin.put(capacity, { capacity: null })).body['capacity'], null);
    await drain();
    assert.equal((await read(path)).assignedAgentId, agent.userId.toHexString());
  });

  it('queues › one for each policy, with what waits and why', async () => {
    await addPolicy({ capacity: 1 });
    await hear();
    const [lonely] = (await agent.get('/api/queues')).body['items'] as Record<string, unknown>[];
    assert.deepEqual([lonely?.['length'], lonely?.['obstacle']], [1, 'nobody-online']);
    await isOnline(agent);
    await drain();
    await hear();
    const [full] = (await agent.get('/api/queues')).body['items'] as Record<string, unknown>[];
    const { policyId: _id, oldestSince, ...rest } = full ?? {};
    assert.equal(typeof oldestSince, 'string');
    assert.deepEqual(rest, {
      ...{ name: 'All', method: 'least-loaded', length: 1 },
      ...{ agentsOnline: 1, freeSlots: 0, obstacle: 'nobody-free' },
    });
  });

  it('bulk › does it to each, and names those that it cannot change', async () => {
    const paths = [await hear(), await hear()];
    const ids = paths.map((path) => path.split('/').at(-1) ?? '');
    const stranger = await signUpAdmin(running());
    const body = { ids, action: { type: 'set-status', status: 'closed' } };
    const theirs = await stranger.post('/api/conversations/bulk', body);
    assert.deepEqual(theirs.body['changed'], []);
    const skipped = theirs.body['skipped'] as { id: string; code: string }[];
    assert.deepEqual(
      skipped.map(({ id, code }) => [id, code]),
      ids.map((id) => [id, 'not-found']),
    );
    const key = { 'idempotency-key': 'close-them' };
    const first = await agent.post('/api/conversations/bulk', body, key);
    assert.deepEqual(first.body, { changed: ids, skipped: [] });
    assert.deepEqual((await agent.post('/api/conversations/bulk', body, key)).body, first.body);
    const taken = await agent.post('/api/conversations/bulk', { ids, action: { type: 'take' } });
    assert.deepEqual(
      (taken.body['skipped'] as { code: string }[]).map(({ code }) => code),
      [...['wrong-state', 'wrong-state']],
    );
    const twice = await agent.post('/api/conversations/bulk', { ...body, ids: [ids[0], ids[0]] });
    assert.deepEqual(issuePaths(twice), ['body.ids.1']);
  });

  it('policies › agents read, admins write; two changes on one ETag: one; unknown members are named', async () => {
    const made = await addPolicy();
    const path = `/api/assignment-policies/${String(made.body['id'])}`;
    assert.equal((await agent.get(path)).status, 200);
    assert.equal((await agent.patch(path, { capacity: 3 })).status, 403);
    const [one, two] = await Promise.all([
      admin.patch(path, { capacity: 3 }, ifMatch(made)),
      admin.patch(path, { capacity: 4 }, ifMatch(made)),
    ]);
    assert.deepEqual(statusesOf([one, two]), [200, 412]);
    const stranger = await signUpAdmin(running());
    const bad = await admin.patch(path, { agentIds: [stranger.userId.toHexString()] });
    assert.deepEqual([bad.status, issuePaths(bad)], [400, ['body.agentIds.0']]);
    assert.equal(
      codeOf(await admin.post('/api/assignment-policies', { name: 'B', priority: 1 })),
      '409 already-exists',
    );
    assert.equal((await admin.delete(path)).status, 204);
  });
});
