import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ConversationListItemView } from '../../src/inbox/conversations/schemas.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { createTimerRepository } from '../../src/timers/repository.ts';
import { createTimerRunner } from '../../src/timers/runner.ts';
import { useApi } from '../support/api.ts';
import { digitsOf, fieldOf, threadsOf } from '../support/coexistence.ts';
import { appSecret, newWamid, postEvent, secondsFromNow, spoken } from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { changeOf, envelopeOf, statusesOf } from '../support/meta.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';
import { useWorkerCore } from '../support/worker-core.ts';

const hour = 3_600;

describe('api › deadlines of conversations', function () {
  this.timeout(60_000);
  const api = useApi('deadlines', { env: { WHATSAPP_APP_SECRETS: appSecret } });
  const core = useWorkerCore(api);
  let processor: TestProcessor;
  let user: CrmUser;
  let phone: string;

  before(async () => {
    processor = await startTestProcessor(api());
  });
  beforeEach(async () => {
    user = await api().signUp();
    phone = phoneEndingIn('01');
  });
  afterEach(() => assert.deepEqual(processor.probe.takeViolations(), []));
  after(() => processor?.close());

  const hear = async (...bodies: readonly object[]) => {
    for (const body of bodies) await postEvent(api(), body);
    await processor.drain();
  };
  const write = (agoSeconds = 0, message?: object) =>
    hear(
      spoken(user, phone, 'Hello', {
        timestamp: secondsFromNow(-agoSeconds),
        ...(message === undefined ? {} : { message }),
      }),
    );
  /** Fires the due timers, as the worker does. */
  async function fire(): Promise<void> {
    const { areas, clock, logger, mongo } = core();
    const timers = createTimerRepository(mongo);
    const runner = createTimerRunner({ timers, handlers: areas.inbox.timerHandlers, clock, logger });
    while ((await runner.fireDue()) > 0);
  }
  /** As if the running deadlines were over. */
  async function passDeadlines(): Promise<void> {
    const clientId = new Types.ObjectId(user.clientId);
    const dueAt = new Date();
    await api().collection('sla_clocks').updateMany({ clientId, state: 'running' }, { $set: { dueAt } });
    await api()
      .collection('timers')
      .updateMany({ clientId, attemptAt: { $exists: true } }, { $set: { dueAt, attemptAt: dueAt } });
  }
  async function addPolicy(fields: object): Promise<string> {
    const body = { name: 'Standard', priority: 1, ...fields };
    const answer = await user.call<{ id: string }>('/api/sla-policies', { body });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body.id;
  }
  const change = (path: string, body: object) => user.call(path, { method: 'PATCH', body });
  async function only(query = ''): Promise<ConversationListItemView> {
    const [thread, ...others] = await threadsOf(user, query);
    assert.ok(thread !== undefined);
    assert.deepEqual(others, []);
    return thread;
  }
  const states = async () => (await only()).deadlines.map(({ kind, state }) => `${kind} ${state}`);

  /** An answer of the agent that has been sent, without a workflow; receipts are applied directly. */
  async function answer(status: MessageDoc['status'] = 'sent'): Promise<string> {
    const providerMessageId = newWamid();
    const { id: conversationId } = await only();
    const sent = await user.send({ conversationId });
    const messages = api().collection<MessageDoc>('messages');
    const source = await messages.findOne({ _id: new Types.ObjectId(sent.id) });
    assert.ok(source !== null);
    const dispatch = { attempt: 1, isCalling: false, attempts: [] };
    await messages.insertOne({ ...source, _id: new Types.ObjectId(), status, providerMessageId, dispatch });
    return providerMessageId;
  }
  const report = (id: string, status: string, more: object = {}) =>
    hear(
      envelopeOf(
        changeOf(user.phoneNumberId, { statuses: [{ id, status, timestamp: secondsFromNow(2), ...more }] }),
      ),
    );
  const failure = { errors: [{ code: 131026, title: 'Message undeliverable' }] };

  it('without service levels › none', async () => {
    await write();
    assert.deepEqual((await only()).deadlines, []);
  });

  it('a message arrives › the list and the conversation show when an answer and a resolution are due', async () => {
    await addPolicy({ firstResponseSeconds: hour, resolutionSeconds: 2 * hour });
    await write(60);
    const { id, deadlines, lastMessageAt } = await only();
    const due = (seconds: number) => new Date(Date.parse(lastMessageAt) + seconds * 1_000).toISOString();
    const expected = [
      { kind: 'first-response', dueAt: due(hour), state: 'running' },
      { kind: 'resolution', dueAt: due(2 * hour), state: 'running' },
    ];
    const sorted = deadlines.toSorted((a, b) => a.kind.localeCompare(b.kind));
    assert.deepEqual(sorted, expected);
    const { body } = await user.call<ConversationListItemView>(`/api/conversations/${id}`);
    assert.deepEqual(
      body.deadlines.toSorted((a, b) => a.kind.localeCompare(b.kind)),
      expected,
    );
  });

  it('a reaction or a STOP › waits for no answer', async () => {
    await addPolicy({ firstResponseSeconds: hour });
    const reaction = { type: 'reaction', reaction: { message_id: newWamid(), emoji: '👍' } };
    await write(3, reaction);
    await hear(spoken(user, phone, 'STOP', { timestamp: secondsFromNow(-2) }));
    assert.deepEqual(await states(), []);
    await write();
    assert.deepEqual(await states(), ['first-response running']);
  });

  it('the deadline passes › breached, listed as such, and it stays so after the answer; reopened › not listed', async () => {
    await addPolicy({ firstResponseSeconds: hour });
    await write();
    assert.deepEqual(await threadsOf(user, '?breached=true'), []);
    await passDeadlines();
    await fire();
    const { id } = await only('?breached=true');
    assert.deepEqual(await states(), ['first-response breached']);
    assert.deepEqual((await threadsOf(user, '?breached=true&unread=true&status=open')).length, 1);
    assert.deepEqual(await threadsOf(user, '?breached=true&status=closed'), []);
    await change(`/api/conversations/${id}`, { status: 'closed' });
    assert.equal((await only('?breached=true')).status, 'closed');
    const closedAt = new Date(Date.now() - 60_000);
    await api()
      .collection('conversations')
      .updateOne({ _id: new Types.ObjectId(id) }, { $set: { closedAt } });
    await write();
    assert.deepEqual(await threadsOf(user, '?breached=true'), []);
    assert.deepEqual(await states(), ['first-response running']);
  });

  it('set aside, taken up, closed › the resolution pauses, goes on and is met', async () => {
    await addPolicy({ resolutionSeconds: hour });
    await write();
    const { id } = await only();
    for (const [status, state] of [
      ['pending', 'paused'],
      ['open', 'running'],
      ['closed', 'met'],
    ]) {
      const answered = await change(`/api/conversations/${id}`, { status });
      const { deadlines } = answered.body as ConversationListItemView;
      assert.deepEqual(
        deadlines.map((one) => [one.kind, one.state, one.dueAt === null]),
        [['resolution', state, state === 'paused']],
      );
    }
  });

  it('the business answers on its phone › met; the answer fails › it runs again; delivered after all › met', async () => {
    await addPolicy({ firstResponseSeconds: hour });
    await write(120);
    const id = newWamid();
    const echo = {
      ...{ from: '15550001000', to: digitsOf(phone), id, timestamp: secondsFromNow(-60) },
      ...{ type: 'text', text: { body: 'From the phone' } },
    };
    const echoed = fieldOf(user, 'smb_message_echoes', { message_echoes: [echo] });
    await hear(echoed, echoed);
    assert.deepEqual(await states(), ['first-response met']);
    await hear(
      statusesOf(user.phoneNumberId, [{ id, status: 'failed', timestamp: secondsFromNow(-50), ...failure }]),
    );
    assert.deepEqual(await states(), ['first-response running']);
    await hear(statusesOf(user.phoneNumberId, [{ id, status: 'delivered', timestamp: secondsFromNow(-40) }]));
    assert.deepEqual(await states(), ['first-response met']);
  });

  it('a message of the backlog of a phone arrives live › waits for an answer from its own time', async () => {
    await addPolicy({ firstResponseSeconds: hour });
    const wamid = newWamid();
    const timestamp = secondsFromNow(-120);
    const old = { from: digitsOf(phone), id: wamid, timestamp, type: 'text', text: { body: 'Hello' } };
    const metadata = { phase: 0, chunk_order: 1, progress: 55 };
    const threads = [{ id: digitsOf(phone), messages: [old] }];
    await hear(fieldOf(user, 'history', { history: [{ metadata, threads }] }));
    assert.deepEqual(await states(), []);
    await hear(spoken(user, phone, 'Hello', { wamid, timestamp }));
    const live = await only('?status=open');
    assert.deepEqual(live.deadlines, [
      {
        ...{ kind: 'first-response', state: 'running' },
        dueAt: new Date((Number(timestamp) + hour) * 1_000).toISOString(),
      },
    ]);
  });

  it('nobody knows whether the answer left, until its receipt says so › met then', async () => {
    await addPolicy({ firstResponseSeconds: hour });
    await write(120);
    const id = await answer('unknown');
    assert.deepEqual(await states(), ['first-response running']);
    await report(id, 'sent');
    assert.deepEqual(await states(), ['first-response met']);
    await report(id, 'failed', failure);
    assert.deepEqual(await states(), ['first-response running']);
  });

  it('a policy is changed › running deadlines move, each audited; deleted › they end', async () => {
    const policyId = await addPolicy({ firstResponseSeconds: hour, warnAt: null });
    await write(60);
    const { id, deadlines } = await only();
    await change(`/api/sla-policies/${policyId}`, { firstResponseSeconds: 2 * hour });
    await fire();
    const [before, after] = [deadlines[0]?.dueAt ?? '', (await only()).deadlines[0]?.dueAt ?? ''];
    assert.equal(Date.parse(after) - Date.parse(before), hour * 1_000);
    const events = (await api().auditOf(id)).filter(({ action }) => action === 'sla-clock.rescheduled');
    assert.deepEqual(
      events.map((event) => [event['actor'], event['before'], event['after']] as unknown),
      [
        [
          { type: 'system' },
          { 'first-response dueAt': new Date(before) },
          { 'first-response dueAt': new Date(after) },
        ],
      ],
    );
    await user.call(`/api/sla-policies/${policyId}`, { method: 'DELETE' });
    await fire();
    assert.deepEqual(await states(), []);
  });

  it('a policy is made stricter than what has passed › breached by the new deadline', async () => {
    const policyId = await addPolicy({ firstResponseSeconds: hour });
    await write(600);
    await change(`/api/sla-policies/${policyId}`, { firstResponseSeconds: 300 });
    await fire();
    assert.deepEqual(await states(), ['first-response breached']);
    await change(`/api/sla-policies/${policyId}`, { firstResponseSeconds: hour });
    await fire();
    assert.deepEqual(await states(), ['first-response breached']);
  });

  it('business hours are changed › the deadlines that count by them move', async () => {
    const week = { sun: [['00:00', '24:00']] };
    const all = Object.fromEntries(
      ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'].map((day) => [day, [['00:00', '24:00']]]),
    );
    const hours = await user.call<{ id: string }>('/api/business-hours', {
      body: { name: 'Office', zone: 'UTC', week: all },
    });
    await addPolicy({ firstResponseSeconds: hour, businessHoursId: hours.body.id });
    await write(60);
    const dueAt = async () => Date.parse((await only()).deadlines[0]?.dueAt ?? '');
    const before = await dueAt();
    const holidays = [0, 1, 2].map((day) => ({
      date: new Date(Date.now() + day * 86_400_000).toISOString().slice(0, 10),
      closed: true,
    }));
    await change(`/api/business-hours/${hours.body.id}`, { week: { ...all, ...week }, holidays });
    await fire();
    assert.ok((await dueAt()) > before + 86_400_000);
  });

  it('two service levels match › the first by priority counts; one for another channel does not', async () => {
    await addPolicy({ priority: 5, firstResponseSeconds: 2 * hour });
    await addPolicy({ priority: 2, firstResponseSeconds: hour, match: { channelIds: [user.channelId] } });
    await write();
    const { deadlines, lastMessageAt } = await only();
    assert.equal(Date.parse(deadlines[0]?.dueAt ?? '') - Date.parse(lastMessageAt), hour * 1_000);
  });
});
