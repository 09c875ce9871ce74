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
  statusesOf,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';
import { useWorkerCore } from '../support/worker-core.ts';

const start = new Date('2026-11-23T09:00:00Z');

describe('teams', function () {
  this.timeout(60_000);
  const api = useMessagingApi('teams');
  const core = useWorkerCore(api);
  let admin: Member;
  let agent: Member;
  let other: Member;

  beforeEach(async () => {
    admin = await signUpAdmin(api());
    [agent, other] = await Promise.all([addMember(api(), admin), addMember(api(), admin)]);
  });

  const idOf = ({ userId }: Member): string => userId.toHexString();

  async function make(members: readonly Member[], name = `Team ${new Types.ObjectId().toHexString()}`) {
    const answer = await admin.post('/api/teams', { name, userIds: members.map(idOf) });
    assert.equal(answer.status, 201, answer.text);
    return { id: String(answer.body['id']), path: `/api/teams/${String(answer.body['id'])}` };
  }

  async function addPolicy(fields: object): Promise<string> {
    const answer = await admin.post('/api/assignment-policies', { name: 'Team', priority: 1, ...fields });
    assert.equal(answer.status, 201, answer.text);
    return `/api/assignment-policies/${String(answer.body['id'])}`;
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
  const addWaiting = () => addConversation({ queue: { since: start, excluded: [], rounds: 0 } });

  const isOnline = async (who: Member) => {
    assert.equal((await who.put('/api/me/availability', { chosen: 'online' })).status, 200);
  };
  async function drain(): Promise<void> {
    const loop = core().areas.inbox.loops(core().logger, core().metrics)[0];
    assert.ok(loop);
    while ((await loop.step()) === 'more');
    await loop.finish?.();
  }
  const agentOf = async (id: string) => (await admin.get(`/api/conversations/${id}`)).body['assignedAgentId'];
  async function listed(query: string, who = agent): Promise<string[]> {
    const answer = await who.get(query);
    assert.equal(answer.status, 200, answer.text);
    return (answer.body['items'] as { id: string }[]).map(({ id }) => id);
  }

  it('create › agents read it, and only admins write', async () => {
    const answer = await admin.post('/api/teams', { name: 'Billing', userIds: [idOf(agent)] });
    assert.equal(answer.status, 201, answer.text);
    const { id, createdAt: _at, ...shown } = answer.body;
    assert.deepEqual(shown, { name: 'Billing', userIds: [idOf(agent)] });
    const path = `/api/teams/${String(id)}`;
    assert.equal(answer.headers.get('location'), path);
    assert.deepEqual((await agent.get(path)).body, answer.body);
    assert.equal((await agent.post('/api/teams', { name: 'Mine' })).status, 403);
    assert.equal((await agent.patch(path, { name: 'Mine' })).status, 403);
    assert.equal((await agent.delete(path)).status, 403);
    const stranger = await signUpAdmin(api());
    assert.equal((await stranger.get(path)).status, 404);
    const taken = await admin.post('/api/teams', { name: 'BÍLLING' });
    assert.deepEqual([codeOf(taken), taken.body['existingId']], ['409 already-exists', id]);
    const renamed = await admin.patch(path, { name: 'Refunds' }, ifMatch(answer));
    assert.deepEqual([renamed.status, renamed.body['userIds']], [200, [idOf(agent)]]);
    assert.equal(
      codeOf(await admin.patch(path, { name: 'Late' }, ifMatch(answer))),
      '412 precondition-failed',
    );
    assert.deepEqual(
      (await api().auditOf(String(id))).map(({ action }) => action),
      ['team.created', 'team.updated'],
    );
  });

  it('list › has a second page, newest first', async () => {
    const ids = [];
    for (let count = 0; count < 3; count += 1) ids.unshift((await make([])).id);
    const items = await readInPairs<{ id: string }>(agent, '/api/teams');
    assert.deepEqual(
      items.map(({ id }) => id),
      ids,
    );
  });

  it('members › unknown, strange and disabled users are named; who is in may stay while disabled', async () => {
    const [stranger, gone] = [
      await signUpAdmin(api()),
      await addMember(api(), admin, { status: 'disabled' }),
    ];
    const userIds = [idOf(agent), idOf(stranger), idOf(gone)];
    const bad = await admin.post('/api/teams', { name: 'Bad', userIds });
    assert.deepEqual([codeOf(bad), issuePaths(bad)], ['404 not-found', ['body.userIds.1', 'body.userIds.2']]);
    const disabled = await admin.post('/api/teams', { name: 'Bad', userIds: [idOf(gone)] });
    assert.deepEqual([codeOf(disabled), issuePaths(disabled)], ['400 invalid-input', ['body.userIds.0']]);
    const twice = await admin.post('/api/teams', { name: 'Bad', userIds: [idOf(agent), idOf(agent)] });
    assert.deepEqual(issuePaths(twice), ['body.userIds.1']);
    const { path } = await make([agent]);
    assert.equal((await admin.patch(`/api/users/${idOf(agent)}`, { status: 'disabled' })).status, 200);
    const kept = await admin.patch(path, { userIds: [idOf(other), idOf(agent)] });
    assert.deepEqual(kept.body['userIds'], [idOf(other), idOf(agent)]);
  });

  it('a policy of a team › gives to its members alone, and to nobody while it is empty', async () => {
    const team = await make([]);
    await addPolicy({ teamId: team.id });
    await Promise.all([isOnline(agent), isOnline(other)]);
    const waiting = await addWaiting();
    await drain();
    assert.equal(await agentOf(waiting), null);
    const [queue] = (await agent.get('/api/queues')).body['items'] as Record<string, unknown>[];
    assert.deepEqual([queue?.['agentsOnline'], queue?.['obstacle']], [0, 'nobody-online']);
    // The change of the team alone lets the queue move on.
    assert.equal((await admin.patch(team.path, { userIds: [idOf(other)] })).status, 200);
    await drain();
    assert.equal(await agentOf(waiting), idOf(other));
    assert.equal((await admin.patch(team.path, { userIds: [idOf(agent)] })).status, 200);
    const later = await addWaiting();
    await isOnline(agent);
    await drain();
    assert.deepEqual([await agentOf(waiting), await agentOf(later)], [idOf(other), idOf(agent)]);
  });

  it('a disabled member › gets nothing, and the next conversation again once enabled', async () => {
    const team = await make([agent]);
    await addPolicy({ teamId: team.id });
    await isOnline(agent);
    const user = `/api/users/${idOf(agent)}`;
    assert.equal((await admin.patch(user, { status: 'disabled' })).status, 200);
    const waiting = await addWaiting();
    await drain();
    assert.equal(await agentOf(waiting), null);
    assert.equal((await admin.patch(user, { status: 'active' })).status, 200);
    await api()
      .collection('agent_states')
      .updateOne({ userId: agent.userId }, { $set: { connectedUntil: new Date(Date.now() + 60_000) } });
    await drain();
    assert.equal(await agentOf(waiting), idOf(agent));
  });

  it('a policy › names users or a team, and only a team of the business', async () => {
    const team = await make([agent]);
    const both = { name: 'Both', priority: 2, teamId: team.id, agentIds: [idOf(agent)] };
    assert.deepEqual(issuePaths(await admin.post('/api/assignment-policies', both)), ['body.teamId']);
    const stranger = await signUpAdmin(api());
    const foreign = await stranger.post('/api/assignment-policies', {
      name: 'A',
      priority: 1,
      teamId: team.id,
    });
    assert.deepEqual([codeOf(foreign), issuePaths(foreign)], ['404 not-found', ['body.teamId']]);
    const policy = await addPolicy({ agentIds: [idOf(agent)] });
    assert.deepEqual(issuePaths(await admin.patch(policy, { teamId: team.id })), ['body.teamId']);
    const moved = await admin.patch(policy, { teamId: team.id, agentIds: [] });
    assert.deepEqual([moved.status, moved.body['teamId']], [200, team.id]);
    assert.equal((await admin.patch(policy, { teamId: null })).body['teamId'], null);
  });

  it('delete › refused with the policies that name it, and possible after them', async () => {
    const team = await make([agent]);
    const policy = await addPolicy({ teamId: team.id });
    const refused = await admin.delete(team.path);
    const policyId = policy.split('/').at(-1);
    assert.deepEqual([codeOf(refused), refused.body['policyIds']], ['409 in-use', [policyId]]);
    assert.equal((await admin.delete(policy)).status, 204);
    assert.equal((await admin.delete(team.path)).status, 204);
    assert.equal((await admin.get(team.path)).status, 404);
  });

  it('a policy that names the team while it is deleted › one of the two is refused', async () => {
    for (let round = 0; round < 8; round += 1) {
      const team = await make([agent]);
      const body = { name: 'Race', priority: 10 + round, teamId: team.id };
      const [made, deleted] = await Promise.all([
        admin.post('/api/assignment-policies', body),
        admin.delete(team.path),
      ]);
      const pair = `${made.status} ${deleted.status}`;
      assert.ok(['201 409', '404 204'].includes(pair), pair);
    }
  });

  it('conversations of a team › those that are assigned to its members, on every page', async () => {
    const team = await make([agent, other]);
    const at = (minutes: number) => new Date(start.getTime() + minutes * 60_000);
    const mine = await addConversation({ assignedAgentId: agent.userId, lastMessageAt: at(3) });
    const theirs = await addConversation({
      ...{ assignedAgentId: other.userId, lastMessageAt: at(2), status: 'closed' },
    });
    await addConversation({ assignedAgentId: admin.userId, lastMessageAt: at(4) });
    await addConversation({ lastMessageAt: at(5) });
    const last = await addConversation({ assignedAgentId: agent.userId, lastMessageAt: at(1) });
    const path = `/api/conversations?teamId=${team.id}`;
    const items = await readInPairs<{ id: string }>(agent, path);
    assert.deepEqual(
      items.map(({ id }) => id),
      [mine, theirs, last],
    );
    assert.deepEqual(await listed(`${path}&status=open`), [mine, last]);
    assert.deepEqual(await listed(`${path}&assignedAgentId=me`, other), [theirs]);
    assert.deepEqual(await listed(`${path}&assignedAgentId=none`), []);
    assert.deepEqual(await listed(`/api/conversations?assignedAgentId=me`), [mine, last]);
    const stranger = await signUpAdmin(api());
    assert.deepEqual(await listed(path, stranger), []);
  });

  it('users of a team › exactly its members, on every page, with the other filters', async () => {
    const third = await addMember(api(), admin);
    const team = await make([agent, other, third]);
    const path = `/api/users?teamId=${team.id}`;
    const items = await readInPairs<{ id: string }>(agent, path);
    assert.deepEqual(items.map(({ id }) => id).toSorted(), [agent, other, third].map(idOf).toSorted());
    await admin.patch(`/api/users/${idOf(other)}`, { status: 'disabled' });
    assert.deepEqual((await listed(`${path}&status=active`)).toSorted(), [agent, third].map(idOf).toSorted());
    assert.deepEqual(await listed(`/api/users?teamId=${new Types.ObjectId().toHexString()}`), []);
    const stranger = await signUpAdmin(api());
    assert.deepEqual(await listed(path, stranger), []);
  });

  it('two changes on one ETag › one counts', async () => {
    const made = await admin.post('/api/teams', { name: 'Twice' });
    const path = `/api/teams/${String(made.body['id'])}`;
    const answers = await Promise.all(
      [agent, other].map((who) => admin.patch(path, { userIds: [idOf(who)] }, ifMatch(made))),
    );
    assert.deepEqual(statusesOf(answers), [200, 412]);
  });
});
