import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ConversationRecord } from '../../../src/inbox/conversations/use-cases.ts';
import { openEvents, type EventStreamClient } from '../../support/event-stream.ts';
import { newAdmin, newColleague, useIdentityApi, type Person } from '../../support/identity-api.ts';
import { waitFor } from '../../support/wait.ts';

interface Step {
  readonly path: string;
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly json?: object;
}

describe('api › live events of what people change', function () {
  this.timeout(60_000);
  const api = useIdentityApi('noun_events', { RATE_LIMIT_PER_MINUTE: '0' });
  let admin: Person;
  let agent: Person;
  let forAdmin: EventStreamClient;
  let forAgent: EventStreamClient;

  before(async () => {
    admin = await newAdmin(api());
    agent = await newColleague(api(), admin);
    [forAdmin, forAgent] = [await open(admin), await open(agent)];
  });
  after(() => {
    forAdmin.close();
    forAgent.close();
  });

  async function open(person: Person): Promise<EventStreamClient> {
    const stream = await openEvents(api().url, { token: person.token });
    await waitFor('the stream begins', () => stream.text().includes('\n\n'));
    return stream;
  }

  async function take({ path, method, json }: Step): Promise<Record<string, unknown>> {
    const answer = await admin.call(path, { method, ...(json === undefined ? {} : { json }) });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** The events of an object, as type and version, once there are so many. */
  const heard = async (stream: EventStreamClient, id: string, count: number) =>
    waitFor(`${count} events of the object`, () => {
      const found = stream.events().filter(({ entity }) => entity.id === id);
      return found.length >= count
        ? found.map(({ type, version, view }) => ({ type, version, view }))
        : undefined;
    });

  async function addConversation(): Promise<string> {
    const at = new Date();
    const { insertedId } = await api()
      .collection<ConversationRecord>('conversations')
      .insertOne({
        ...{ _id: new Types.ObjectId(), clientId: new Types.ObjectId(admin.clientId) },
        ...{ contactId: new Types.ObjectId(), channelId: new Types.ObjectId(), status: 'open' },
        ...{ lastMessageAt: at, unreadCount: 0, createdAt: at, version: 1, history: [] },
      });
    return insertedId.toHexString();
  }

  const week = { mon: [['09:00', '18:00']] };

  it('business hours › created, changed and deleted are told to everyone', async () => {
    const json = { name: 'Office', zone: 'Europe/Berlin', week };
    const { id } = await take({ path: '/api/business-hours', method: 'POST', json });
    const path = `/api/business-hours/${String(id)}`;
    await take({ path, method: 'PATCH', json: { name: 'Shop' } });
    await take({ path, method: 'DELETE' });
    for (const stream of [forAdmin, forAgent]) {
      assert.deepEqual(await heard(stream, String(id), 3), [
        { type: 'business-hours.created', version: 1, view: { name: 'Office', zone: 'Europe/Berlin' } },
        { type: 'business-hours.updated', version: 2, view: { name: 'Shop', zone: 'Europe/Berlin' } },
        { type: 'business-hours.deleted', version: 3, view: { name: 'Shop', zone: 'Europe/Berlin' } },
      ]);
    }
  });

  it('labels, shared replies › told to everyone; an own reply to its owner alone', async () => {
    const label = await take({
      path: '/api/labels',
      method: 'POST',
      json: { name: 'Refund', colour: '#dc2626' },
    });
    await take({ path: `/api/labels/${String(label['id'])}`, method: 'DELETE' });
    const view = { name: 'Refund', colour: '#dc2626' };
    assert.deepEqual(await heard(forAgent, String(label['id']), 2), [
      { type: 'label.created', version: 1, view },
      { type: 'label.deleted', version: 2, view },
    ]);
    const reply = { shortCode: 'mine', body: 'A secret text' };
    const own = await take({ path: '/api/canned-replies', method: 'POST', json: { ...reply, scope: 'own' } });
    const shared = await take({
      path: '/api/canned-replies',
      method: 'POST',
      json: { ...reply, scope: 'shared' },
    });
    assert.deepEqual(await heard(forAdmin, String(own['id']), 1), [
      { type: 'canned-reply.created', version: 1, view: { shortCode: 'mine', scope: 'own' } },
    ]);
    await heard(forAgent, String(shared['id']), 1);
    assert.ok(
      !forAgent.text().includes(String(own['id'])),
      'the agent hears nothing of the own reply of the admin',
    );
    assert.doesNotMatch(forAdmin.text(), /secret text/);
  });

  it('teams, shared views and macros › told to everyone; an own one to its owner alone', async () => {
    const team = await take({ path: '/api/teams', method: 'POST', json: { name: 'Billing' } });
    await take({ path: `/api/teams/${String(team['id'])}`, method: 'DELETE' });
    assert.deepEqual(await heard(forAgent, String(team['id']), 2), [
      { type: 'team.created', version: 1, view: { name: 'Billing' } },
      { type: 'team.deleted', version: 2, view: { name: 'Billing' } },
    ]);
    const bodies = {
      'saved-view': ['/api/views', { name: 'Night', filter: { unread: 'true' } }],
      macro: ['/api/macros', { name: 'Night', actions: [{ type: 'send-text', body: 'A hidden answer' }] }],
    } as const;
    for (const [noun, [path, json]] of Object.entries(bodies)) {
      const own = await take({ path, method: 'POST', json: { ...json, scope: 'own' } });
      const shared = await take({ path, method: 'POST', json: { ...json, scope: 'shared' } });
      assert.deepEqual(await heard(forAdmin, String(own['id']), 1), [
        { type: `${noun}.created`, version: 1, view: { name: 'Night', scope: 'own' } },
      ]);
      await heard(forAgent, String(shared['id']), 1);
      assert.ok(!forAgent.text().includes(String(own['id'])), `the agent hears nothing of the own ${noun}`);
    }
    assert.doesNotMatch(forAdmin.text(), /hidden answer/);
  });

  it('a note that mentions a colleague › everyone hears of the note, the colleague alone of the notification', async () => {
    const conversationId = await addConversation();
    const json = { conversationId, body: `Secret @[${agent.id}]`, mentions: [agent.id] };
    const { id } = await take({ path: '/api/notes', method: 'POST', json });
    const note = { conversationId, authorId: admin.id };
    assert.deepEqual(await heard(forAdmin, String(id), 1), [
      { type: 'note.created', version: 1, view: note },
    ]);
    const ofNotifications = () => forAgent.events().filter(({ entity }) => entity.type === 'notification');
    const [told] = await waitFor('the notification', () => ofNotifications().length > 0 && ofNotifications());
    assert.deepEqual(told?.view, { kind: 'mention', noteId: id, conversationId });
    const read = await agent.call('/api/notifications/read', { json: { upTo: told?.entity.id } });
    assert.equal(read.status, 200, read.text);
    await take({ path: `/api/notes/${String(id)}`, method: 'DELETE' });
    await heard(forAdmin, String(id), 2);
    const seen = await waitFor('three events', () => ofNotifications().length >= 3 && ofNotifications());
    assert.deepEqual(
      seen.map(({ type, version }) => `${type} ${version}`),
      ['notification.created 1', 'notification.read 2', 'notification.deleted 3'],
    );
    assert.doesNotMatch(forAdmin.text(), /Secret|"notification/);
  });

  it('the presence of an agent › told when they choose it, and when they are disabled', async () => {
    const colleague = await newColleague(api(), admin);
    const path = '/api/me/availability';
    await colleague.call(path, { method: 'PUT', json: { chosen: 'online' } });
    await colleague.call(path, { method: 'PUT', json: { chosen: 'away' } });
    await take({ path: `/api/users/${colleague.id}`, method: 'PATCH', json: { status: 'disabled' } });
    const told = await waitFor('three events', () => {
      const found = forAgent.events().filter(({ type }) => type === 'agent.updated');
      return found.length >= 3 ? found.map(({ entity, view }) => ({ id: entity.id, view })) : undefined;
    });
    const id = colleague.id;
    assert.deepEqual(told, [
      { id, view: { chosen: 'online', effective: 'online' } },
      { id, view: { chosen: 'away', effective: 'away' } },
      { id, view: { chosen: 'away', effective: 'offline' } },
    ]);
  });

  it('settings of the inbox, the sending policy › told by the id of the business; the policy to admins alone', async () => {
    const { clientId } = admin;
    await take({
      path: `/api/clients/${clientId}/sending-policy`,
      method: 'PATCH',
      json: { quietHours: { from: '21:00', to: '08:00' } },
    });
    await take({ path: '/api/inbox-settings', method: 'PATCH', json: { reopenWithinHours: 12 } });
    const settings = {
      type: 'inbox-settings.updated',
      version: 1,
      view: { reopenWithinHours: 12, autoCloseAfterHours: 0, shareReadMarks: true, satisfactionSurvey: null },
    };
    assert.deepEqual(await heard(forAdmin, clientId, 2), [
      { type: 'sending-policy.updated', version: 1, view: { hasQuietHours: true } },
      settings,
    ]);
    assert.deepEqual(await heard(forAgent, clientId, 1), [settings]);
  });

  it('contacts, users, channels › every change is told, with states and without names or numbers', async () => {
    const json = { phoneNumber: '+4915112990001', name: 'Secret Person' };
    const { id } = await take({ path: '/api/contacts', method: 'POST', json });
    await take({ path: `/api/contacts/${String(id)}`, method: 'PATCH', json: { name: 'Secret Other' } });
    await take({ path: `/api/contacts/${String(id)}`, method: 'DELETE' });
    const types = (await heard(forAgent, String(id), 3)).map(({ type }) => type);
    assert.deepEqual(types, ['contact.created', 'contact.updated', 'contact.deleted']);
    await take({ path: `/api/users/${agent.id}`, method: 'PATCH', json: { name: 'Secret Colleague' } });
    const [user] = await heard(forAdmin, agent.id, 1);
    assert.deepEqual([user?.type, user?.view], ['user.updated', { role: 'agent', status: 'active' }]);
    assert.doesNotMatch(forAdmin.text() + forAgent.text(), /Secret|4915112990001/);
  });
});
