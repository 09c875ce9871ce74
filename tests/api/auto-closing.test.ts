import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ConversationHistoryEntry, ConversationRecord } from '../../src/inbox/conversations/model.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import type { TimerDoc } from '../../src/timers/model.ts';
import { createTimerRepository } from '../../src/timers/repository.ts';
import { createTimerRunner } from '../../src/timers/runner.ts';
import { buildMessage } from '../support/messages.ts';
import { addMember, codeOf, signUpAdmin, useMessagingApi, type Member } from '../support/messaging-api.ts';
import { useWorkerCore } from '../support/worker-core.ts';

const hourMs = 3_600_000;
const ago = (hours: number) => new Date(Date.now() - hours * hourMs);

/** A message as so many hours ago; an answer of an agent that was delivered, unless the fields say more. */
interface Said extends Partial<MessageDoc> {
  readonly hours: number;
}
const asked = (hours: number): Said => ({
  ...{ hours, direction: 'inbound', senderType: 'contact', messageType: 'text', status: 'received' },
});
const answered = (hours: number): Said => ({ hours, messageType: 'text', status: 'delivered' });

describe('closing silent conversations', function () {
  this.timeout(60_000);
  const api = useMessagingApi('auto-closing');
  const worker = useWorkerCore(api);
  let admin: Member;
  let agent: Member;

  beforeEach(async () => {
    admin = await signUpAdmin(api());
    agent = await addMember(api(), admin);
  });

  const { stringify: textOf } = JSON;
  const closeAfter = async (autoCloseAfterHours: number): Promise<void> => {
    const answer = await admin.patch('/api/inbox-settings', { autoCloseAfterHours });
    assert.equal(answer.status, 200, answer.text);
  };

  /** An open conversation with these messages. */
  async function add(
    said: readonly Said[],
    fields: Partial<ConversationRecord> = {},
  ): Promise<Types.ObjectId> {
    const { clientId } = admin;
    const lastMessageAt = ago(Math.min(...said.map(({ hours }) => hours)));
    const conversation: ConversationRecord = {
      ...{
        _id: new Types.ObjectId(),
        clientId,
        leadId: new Types.ObjectId(),
        contactId: new Types.ObjectId(),
      },
      ...{ channelId: new Types.ObjectId(), status: 'open', lastMessageAt, unreadCount: 0 },
      ...{ createdAt: ago(1_000), version: 1, revision: 1, history: [], ...fields },
    };
    await api().collection<ConversationRecord>('conversations').insertOne(conversation);
    const { _id: conversationId, channelId, contactId } = conversation;
    const place = { clientId, conversationId, channelId, contactId };
    await api()
      .collection<MessageDoc>('messages')
      .insertMany(
        said.map(({ hours, ...message }) => buildMessage({ ...place, ...message, timestamp: ago(hours) })),
      );
    return conversationId;
  }

  /** What the worker does. */
  async function fire(): Promise<void> {
    const { mongo, areas, clock } = worker();
    const runner = createTimerRunner({
      ...{ timers: createTimerRepository(mongo), handlers: areas.inbox.timerHandlers, clock },
      logger: api().log.logger,
    });
    while ((await runner.fireDue()) > 0);
  }

  const get = (id: Types.ObjectId) => agent.get(`/api/conversations/${id.toHexString()}`);
  const statusOf = async (id: Types.ObjectId) => (await get(id)).body['status'];

  it('off by default › nothing closes, and no timer is set', async () => {
    const id = await add([asked(900), answered(800)]);
    const settings = await agent.get('/api/inbox-settings');
    assert.deepEqual(settings.body, {
      ...{ reopenWithinHours: 168, autoCloseAfterHours: 0, shareReadMarks: true, satisfactionSurvey: null },
    });
    await fire();
    assert.equal(await statusOf(id), 'open');
    const { clientId } = admin;
    assert.deepEqual(await api().collection<TimerDoc>('timers').find({ clientId }).toArray(), []);
  });

  it('answered long ago › closed once, with the reason and an audit event of the product', async () => {
    const id = await add([asked(80), answered(73)], { assignedAgentId: agent.userId });
    await closeAfter(72);
    await fire();
    await fire();
    const { body } = await get(id);
    const [entry, ...more] = body['history'] as ConversationHistoryEntry[];
    assert.deepEqual(more, []);
    const { at: _at, ...last } = entry ?? {};
    assert.deepEqual(last, { by: null, reason: 'contact-silent', status: 'closed' });
    assert.equal(body['assignedAgentId'], agent.userId.toHexString());
    const [event, ...others] = await api().auditOf(id.toHexString());
    assert.deepEqual(others, []);
    assert.deepEqual(
      [event?.['action'], event?.['actor']],
      ['conversation.status-changed', { type: 'system' }],
    );
  });

  const staying: readonly (readonly [string, readonly Said[], Partial<ConversationRecord>?])[] = [
    ['answered a moment ago', [asked(80), answered(71)]],
    ['the contact waits for an answer', [answered(90), asked(80)]],
    ['only an automatic message answered', [asked(90), { ...answered(80), senderType: 'system' }]],
    ['our answer failed', [asked(90), { ...answered(80), status: 'failed' }]],
    ['our answer has not left yet', [asked(90), answered(85), { ...answered(80), status: 'scheduled' }]],
    [
      'assigned a moment ago',
      [asked(90), answered(80)],
      { history: [{ at: ago(1), assignedAgentId: null }] },
    ],
    ['set aside', [asked(90), answered(80)], { status: 'pending' }],
    ['snoozed', [asked(90), answered(80)], { status: 'pending', snooze: { until: null } }],
  ];
  const closing: readonly (readonly [string, readonly Said[]])[] = [
    ['the contact only reacted', [answered(90), { ...asked(80), messageType: 'reaction' }]],
    ['only a campaign wrote', [{ ...answered(90), senderType: 'campaign' }]],
    ['a scheduled message was canceled', [answered(90), { ...answered(80), status: 'canceled' }]],
  ];
  it('every situation › closes only those in which nobody has anything to do', async () => {
    const made = new Map<string, Types.ObjectId>();
    for (const [situation, said, fields] of [...staying, ...closing])
      made.set(situation, await add(said, fields));
    await closeAfter(72);
    await fire();
    const closed = [];
    for (const [situation, id] of made) if ((await statusOf(id)) === 'closed') closed.push(situation);
    assert.deepEqual(
      closed,
      closing.map(([situation]) => situation),
    );
  });

  it('of another business, or switched off again › stays', async () => {
    const id = await add([asked(80), answered(73)]);
    await closeAfter(72);
    await closeAfter(0);
    admin = await signUpAdmin(api());
    await closeAfter(1);
    await fire();
    assert.equal(await statusOf(id), 'open');
  });

  it('the next look › when the next conversation may close', async () => {
    await add([asked(90), answered(71.8)]);
    await closeAfter(72);
    await fire();
    const { clientId } = admin;
    const timer = await api().collection<TimerDoc>('timers').findOne({ clientId });
    const minutes = ((timer?.dueAt.getTime() ?? 0) - Date.now()) / 60_000;
    assert.ok(minutes > 11 && minutes <= 12, String(minutes));
  });

  it('bad settings › 400; agents may not change them', async () => {
    for (const autoCloseAfterHours of [-1, 1.5, 2_161, '72', null])
      assert.equal(
        (await admin.patch('/api/inbox-settings', { autoCloseAfterHours })).status,
        400,
        textOf(autoCloseAfterHours),
      );
    assert.equal(
      codeOf(await agent.patch('/api/inbox-settings', { autoCloseAfterHours: 1 })),
      '403 forbidden',
    );
  });

  it('settings of an earlier version › closing is off', async () => {
    const { clientId } = admin;
    await api().collection('inbox_settings').insertOne({ clientId, reopenWithinHours: 12, version: 3 });
    const answer = await agent.get('/api/inbox-settings');
    assert.deepEqual(answer.body, {
      ...{ reopenWithinHours: 12, autoCloseAfterHours: 0, shareReadMarks: true, satisfactionSurvey: null },
    });
  });
});
