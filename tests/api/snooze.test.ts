import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { Deadline } from '../../src/inbox/conversations/deadlines.ts';
import type { ConversationHistoryEntry, ConversationRecord } from '../../src/inbox/conversations/model.ts';
import type { TimerDoc } from '../../src/timers/model.ts';
import { createTimerRepository } from '../../src/timers/repository.ts';
import { createTimerRunner } from '../../src/timers/runner.ts';
import type { Answer } from '../support/http.ts';
import { issuePaths } from '../support/http.ts';
import {
  addMember,
  codeOf,
  etagOf,
  ifMatch,
  signUpAdmin,
  statusesOf,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';
import { useWorkerCore } from '../support/worker-core.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

describe('snoozing conversations', function () {
  this.timeout(60_000);
  const api = useMessagingApi('snooze');
  const worker = useWorkerCore(api);
  let admin: Member;
  let agent: Member;
  let stranger: Member;

  before(async () => {
    [admin, stranger] = await Promise.all([signUpAdmin(api()), signUpAdmin(api())]);
    agent = await addMember(api(), admin);
  });

  const stored = () => api().collection<ConversationRecord>('conversations');

  async function addConversation(fields: Partial<ConversationRecord> = {}): Promise<ConversationRecord> {
    const start = new Date('2026-11-23T09:00:00Z');
    const conversation: ConversationRecord = {
      ...{ _id: new Types.ObjectId(), clientId: admin.clientId, leadId: new Types.ObjectId() },
      ...{ contactId: new Types.ObjectId(), channelId: new Types.ObjectId(), status: 'open' },
      ...{ lastMessageAt: start, unreadCount: 0, createdAt: start, version: 1, history: [] },
      ...fields,
    };
    await stored().insertOne(conversation);
    return conversation;
  }

  const pathOf = ({ _id }: ConversationRecord, rest = '') => `/api/conversations/${_id.toHexString()}${rest}`;
  const snooze = (of: ConversationRecord, body: object, who = agent, headers = {}) =>
    who.post(pathOf(of, '/snooze'), body, headers);
  const shown = ({ body }: Answer) => ({
    ...{ status: body['status'], snoozedUntil: body['snoozedUntil'], untilReply: body['untilReply'] },
  });
  const lastOf = ({ body }: Answer) => {
    const { at: _at, ...entry } = (body['history'] as ConversationHistoryEntry[]).at(-1) ?? {};
    return entry;
  };

  /** What the worker does once so much time has passed. */
  async function fireAfter(ms: number): Promise<void> {
    const { mongo, areas } = worker();
    const clock = { now: () => new Date(Date.now() + ms) };
    const runner = createTimerRunner({
      ...{ timers: createTimerRepository(mongo), handlers: areas.inbox.timerHandlers, clock },
      logger: api().log.logger,
    });
    await runner.fireDue();
  }

  /** The contact writes. */
  async function hear({ channelId, contactId }: ConversationRecord): Promise<void> {
    const { arrivals, runInTransaction } = worker();
    const arriving = { at: new Date(), from: [], makesLead: false, awaitsAnswer: true };
    await runInTransaction((session) =>
      arrivals.placeWithin({ clientId: admin.clientId }, { channelId, contactId }, arriving, session),
    );
  }

  const actionsOf = async ({ _id }: ConversationRecord) =>
    (await api().auditOf(_id.toHexString())).map((event) => String(event['action']));

  it('until a time › pending, with the time in answer, list, history and audit', async () => {
    const conversation = await addConversation();
    const snoozedUntil = inMs(dayMs);
    const answer = await snooze(conversation, { snoozedUntil });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(shown(answer), { status: 'pending', snoozedUntil, untilReply: false });
    assert.equal(etagOf(answer), '"2"');
    const by = agent.userId.toHexString();
    assert.deepEqual(lastOf(answer), { by, reason: null, status: 'pending', snoozedUntil });
    const list = await agent.get('/api/conversations?snoozed=true');
    const [first] = list.body['items'] as Record<string, unknown>[];
    assert.deepEqual(
      [first?.['id'], first?.['snoozedUntil']],
      [conversation._id.toHexString(), snoozedUntil],
    );
    const [event] = await api().auditOf(conversation._id.toHexString());
    assert.equal(event?.['action'], 'conversation.snoozed');
    assert.deepEqual(event?.['after'], {
      status: 'pending',
      snoozedUntil: new Date(snoozedUntil),
      version: 2,
    });
  });

  it('time is over › open again, with its agent, and the history says why', async () => {
    const conversation = await addConversation({ assignedAgentId: agent.userId });
    await snooze(conversation, { snoozedUntil: inMs(2 * minuteMs) });
    await fireAfter(minuteMs);
    assert.equal((await agent.get(pathOf(conversation))).body['status'], 'pending');
    await fireAfter(3 * minuteMs);
    const answer = await agent.get(pathOf(conversation));
    assert.deepEqual(shown(answer), { status: 'open', snoozedUntil: null, untilReply: false });
    assert.deepEqual(lastOf(answer), { by: null, reason: 'snooze-ended', status: 'open' });
    const mine = await agent.get(
      `/api/conversations?status=open&assignedAgentId=${agent.userId.toHexString()}`,
    );
    assert.deepEqual(
      (mine.body['items'] as { id: string }[]).map(({ id }) => id),
      [conversation._id.toHexString()],
    );
    assert.deepEqual(await actionsOf(conversation), ['conversation.snoozed', 'conversation.woken']);
  });

  it('a preset › the instant on the clocks of the zone is in the answer', async () => {
    const answer = await snooze(await addConversation(), {
      preset: 'tomorrow-morning',
      zone: 'Asia/Kolkata',
    });
    const until = new Date(String(answer.body['snoozedUntil']));
    assert.equal(until.toISOString().slice(11), '03:30:00.000Z');
    assert.ok(until.getTime() - Date.now() <= 2 * dayMs);
  });

  it('until the contact writes › no timer; a message opens it at once', async () => {
    const conversation = await addConversation();
    const answer = await snooze(conversation, { untilReply: true });
    assert.deepEqual(shown(answer), { status: 'pending', snoozedUntil: null, untilReply: true });
    await fireAfter(400 * dayMs);
    assert.equal((await agent.get(pathOf(conversation))).body['status'], 'pending');
    await hear(conversation);
    const woken = await agent.get(pathOf(conversation));
    assert.deepEqual(shown(woken), { status: 'open', snoozedUntil: null, untilReply: false });
    assert.deepEqual(lastOf(woken), { by: null, reason: 'contact-wrote', status: 'open' });
    assert.equal(woken.body['unreadCount'], 1);
    assert.deepEqual(await actionsOf(conversation), ['conversation.snoozed', 'conversation.woken']);
  });

  it('a message before the time › opens it at once, and the timer ends', async () => {
    const conversation = await addConversation();
    await snooze(conversation, { snoozedUntil: inMs(dayMs) });
    await hear(conversation);
    assert.equal((await agent.get(pathOf(conversation))).body['status'], 'open');
    const timer = await api().collection<TimerDoc>('timers').findOne({ subjectId: conversation._id });
    assert.equal(timer?.attemptAt, undefined);
  });

  it('with a deadline to resolve it › the deadline waits with it, and goes on when it wakes', async () => {
    const policy = { name: 'Standard', priority: 1, resolutionSeconds: 3_600 };
    assert.equal((await admin.post('/api/sla-policies', policy)).status, 201);
    const conversation = await addConversation();
    await hear(conversation);
    const deadline = async () =>
      ((await agent.get(pathOf(conversation))).body['deadlines'] as Deadline[]).map(({ kind, state }) => [
        kind,
        state,
      ]);
    assert.deepEqual(await deadline(), [['resolution', 'running']]);
    await snooze(conversation, { snoozedUntil: inMs(2 * minuteMs) });
    assert.deepEqual(await deadline(), [['resolution', 'paused']]);
    await fireAfter(3 * minuteMs);
    assert.deepEqual(await deadline(), [['resolution', 'running']]);
  });

  it('set aside by hand, without a snooze › a message leaves it pending, as before', async () => {
    const conversation = await addConversation({ status: 'pending' });
    await hear(conversation);
    assert.equal((await agent.get(pathOf(conversation))).body['status'], 'pending');
  });

  it('snoozed again › only the last time counts', async () => {
    const conversation = await addConversation();
    await snooze(conversation, { snoozedUntil: inMs(2 * minuteMs) });
    const later = inMs(60 * minuteMs);
    await snooze(conversation, { snoozedUntil: later });
    await fireAfter(10 * minuteMs);
    const answer = await agent.get(pathOf(conversation));
    assert.deepEqual(shown(answer), { status: 'pending', snoozedUntil: later, untilReply: false });
  });

  for (const status of ['open', 'pending', 'closed'])
    it(`set to ${status} by hand › the snooze ends, and its timer does nothing`, async () => {
      const conversation = await addConversation();
      await snooze(conversation, { snoozedUntil: inMs(2 * minuteMs) });
      const set = await agent.patch(pathOf(conversation), { status });
      assert.deepEqual(shown(set), { status, snoozedUntil: null, untilReply: false });
      await fireAfter(10 * minuteMs);
      assert.deepEqual((await agent.get(pathOf(conversation))).body, set.body);
    });

  it('closed › 409, and nothing changes', async () => {
    const conversation = await addConversation({ status: 'closed', closedAt: new Date() });
    assert.equal(codeOf(await snooze(conversation, { untilReply: true })), '409 wrong-state');
    assert.deepEqual(await actionsOf(conversation), []);
  });

  it('deleted meanwhile › the timer ends', async () => {
    const conversation = await addConversation();
    await snooze(conversation, { snoozedUntil: inMs(2 * minuteMs) });
    await stored().deleteOne({ _id: conversation._id });
    await fireAfter(10 * minuteMs);
    const timer = await api().collection<TimerDoc>('timers').findOne({ subjectId: conversation._id });
    assert.deepEqual([timer?.attemptAt, timer?.lastError], [undefined, undefined]);
  });

  for (const [situation, body, paths] of [
    ['in the past', { snoozedUntil: inMs(-minuteMs) }, ['body.snoozedUntil']],
    ['in half a minute', { snoozedUntil: inMs(minuteMs / 2) }, ['body.snoozedUntil']],
    ['in two years', { snoozedUntil: inMs(730 * dayMs) }, ['body.snoozedUntil']],
    ['nothing said', {}, ['body']],
    [
      'two things said',
      { snoozedUntil: inMs(dayMs), untilReply: true },
      ['body.snoozedUntil', 'body.untilReply'],
    ],
    ['a preset without its zone', { preset: 'monday-morning' }, ['body.zone']],
    ['a zone alone', { untilReply: true, zone: 'Europe/Berlin' }, ['body.zone']],
    ['an unknown zone', { preset: 'monday-morning', zone: 'Europe/Atlantis' }, ['body.zone']],
    [
      'three wrong values',
      { snoozedUntil: 'tomorrow', untilReply: false, preset: 'some-day' },
      ['body.preset', 'body.snoozedUntil', 'body.untilReply'],
    ],
  ] as const)
    it(`${situation} › 400 with the path, and nothing changes`, async () => {
      const conversation = await addConversation();
      const answer = await snooze(conversation, body);
      assert.equal(answer.status, 400, answer.text);
      assert.deepEqual(issuePaths(answer).toSorted(), [...paths]);
      assert.equal((await agent.get(pathOf(conversation))).body['status'], 'open');
    });

  it('a stranger › 404', async () => {
    assert.equal(
      codeOf(await snooze(await addConversation(), { untilReply: true }, stranger)),
      '404 not-found',
    );
  });

  it('two agents on one version › one snoozes, the other gets 412', async () => {
    const conversation = await addConversation();
    const seen = ifMatch(await agent.get(pathOf(conversation)));
    const answers = await Promise.all([
      snooze(conversation, { untilReply: true }, agent, seen),
      snooze(conversation, { snoozedUntil: inMs(dayMs) }, admin, seen),
    ]);
    assert.deepEqual(statusesOf(answers), [200, 412]);
  });

  describe('many at once', () => {
    const snoozeAll = (of: readonly ConversationRecord[], action: object) =>
      agent.post('/api/conversations/bulk', {
        ...{ ids: of.map(({ _id }) => _id.toHexString()), action: { type: 'snooze', ...action } },
      });

    it('a preset › all until the same instant; what is closed is named', async () => {
      const live = [await addConversation(), await addConversation({ status: 'pending' })];
      const closed = await addConversation({ status: 'closed', closedAt: new Date() });
      const preset = { preset: 'monday-morning', zone: 'Asia/Kolkata' };
      const { body } = await snoozeAll([...live, closed], preset);
      assert.deepEqual(
        body['changed'],
        live.map(({ _id }) => _id.toHexString()),
      );
      const skipped = body['skipped'] as { id: string; code: string }[];
      assert.deepEqual(
        skipped.map(({ id, code }) => [id, code]),
        [[closed._id.toHexString(), 'wrong-state']],
      );
      const [first, second] = await Promise.all(live.map((one) => agent.get(pathOf(one))));
      assert.ok(first && second);
      assert.ok(String(first.body['snoozedUntil']).endsWith('T03:30:00.000Z'));
      assert.deepEqual(shown(first), shown(second));
    });

    for (const [situation, action, paths] of [
      ['without a time', {}, ['body.action']],
      ['in the past', { snoozedUntil: inMs(-minuteMs) }, ['body.action.snoozedUntil']],
      ['a preset without its zone', { preset: 'monday-morning' }, ['body.action.zone']],
    ] as const)
      it(`${situation} › 400 with the path, and nothing changes`, async () => {
        const conversation = await addConversation();
        const answer = await snoozeAll([conversation], action);
        assert.deepEqual([answer.status, issuePaths(answer)], [400, [...paths]]);
        assert.equal((await agent.get(pathOf(conversation))).body['status'], 'open');
      });
  });

  it('the same snooze again › nothing is written', async () => {
    const conversation = await addConversation();
    const body = { snoozedUntil: inMs(dayMs) };
    await snooze(conversation, body);
    assert.equal(etagOf(await snooze(conversation, body)), '"2"');
    assert.deepEqual(await actionsOf(conversation), ['conversation.snoozed']);
  });
});
