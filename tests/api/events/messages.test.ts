import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { createMessageRepository } from '../../../src/sending/messages/store/repository.ts';
import { eventTable, passingEventTable } from '../../../src/app/events.ts';
import { buildEventStore } from '../../../src/events/build.ts';
import { createMarkPublisher } from '../../../src/events/marks/publisher.ts';
import { outboxEventModel } from '../../../src/events/model.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { newId } from '../../../src/platform/ids.ts';
import { scopeOf } from '../../../src/platform/mongo.ts';
import { messageEventOf } from '../../../src/sending/messages/events.ts';
import { messageModel, type MessageDoc } from '../../../src/sending/messages/store/model.ts';
import { useApi } from '../../support/api.ts';
import { digitsOf, fieldOf } from '../../support/coexistence.ts';
import { appSecret, newWamid, postEvent, secondsFromNow } from '../../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../../support/crm-client.ts';
import { openEvents, type EventStreamClient } from '../../support/event-stream.ts';
import { buildMessage } from '../../support/messages.ts';
import { changeOf, envelopeOf } from '../../support/meta.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';
import { startTestProcessor, type TestProcessor } from '../../support/processor.ts';
import { waitFor } from '../../support/wait.ts';

describe('api › live events of messages', function () {
  this.timeout(60_000);
  const api = useApi('message-events', { env: { WHATSAPP_APP_SECRETS: appSecret } });
  let processor: TestProcessor;
  let user: CrmUser;
  let stream: EventStreamClient;

  before(async () => {
    processor = await startTestProcessor(api());
  });
  beforeEach(async () => {
    user = await api().signUp();
    stream = await openEvents(api().url, { token: user.token });
    await waitFor('the stream begins', () => stream.text() !== '');
  });
  afterEach(() => {
    stream.close();
    assert.deepEqual(processor.probe.takeViolations(), []);
  });
  after(() => processor.close());

  const text = (body: string, from: string) => ({
    ...{ id: newWamid(), from: digitsOf(from), timestamp: secondsFromNow(-30) },
    ...{ type: 'text', text: { body } },
  });
  const hear = async (...messages: readonly object[]) => {
    const value = { metadata: { phone_number_id: user.phoneNumberId }, messages };
    await postEvent(api(), envelopeOf(changeOf(user.phoneNumberId, value)));
    await processor.drain();
  };
  const typesOf = (entity: string): string[] =>
    stream
      .events()
      .filter((event) => event.entity.type === entity)
      .map(({ type }) => type);

  it('a contact writes › the message, its conversation and its lead are told; no text of it', async () => {
    await hear(text('My secret order', phoneEndingIn('01')));
    await waitFor('the message is told', () => typesOf('message').includes('message.received'));
    await waitFor('the conversation is told', () => typesOf('conversation').length > 0);
    const [message] = stream.events().filter(({ type }) => type === 'message.received');
    assert.deepEqual(
      { ...message?.view, conversationId: '', contactId: '', channelId: '' },
      {
        ...{ conversationId: '', contactId: '', channelId: '', direction: 'inbound' },
        ...{ senderType: 'contact', messageType: 'text', status: 'received', failureCode: null },
      },
    );
    assert.equal(typesOf('conversation')[0], 'conversation.created');
    assert.ok(!stream.text().includes('secret order'));
    await waitFor('the lead is told', () => typesOf('lead').includes('lead.created'));
  });

  it('messages in a row › each is told once; the conversation in rising versions, its last state at the end', async () => {
    const from = phoneEndingIn('02');
    for (let index = 0; index < 5; index += 1) await hear(text(`Message ${index}`, from));
    await waitFor('all are told', () => typesOf('message').length === 5);
    await waitFor('the last state is told', () =>
      stream.events().some(({ type, view }) => type.startsWith('conversation.') && view['unreadCount'] === 5),
    );
    assert.deepEqual(new Set(typesOf('message')), new Set(['message.received']));
    const versions = stream
      .events()
      .filter(({ entity }) => entity.type === 'conversation')
      .map(({ version }) => version);
    assert.deepEqual(
      versions,
      versions.toSorted((left, right) => left - right),
    );
    assert.equal(typesOf('conversation').filter((type) => type === 'conversation.created').length, 1);
  });

  it('the backlog of a phone › is not told', async () => {
    const old = { ...text('Long ago', phoneEndingIn('03')), timestamp: secondsFromNow(-864_000) };
    const threads = [{ id: old.from, messages: [old] }];
    await postEvent(api(), fieldOf(user, 'history', { history: [{ metadata: {}, threads }] }));
    await processor.drain();
    await hear(text('Now', phoneEndingIn('04')));
    await waitFor('the new one is told', () => typesOf('message').length > 0);
    assert.deepEqual(typesOf('message'), ['message.received']);
    await waitFor('no mark is left', async () => {
      const clientId = new Types.ObjectId(user.clientId);
      const marked = { clientId, unpublishedAt: { $exists: true } };
      return (await api().collection('messages').countDocuments(marked)) === 0;
    });
  });

  it('a decision of a user › the conversation is told', async () => {
    await hear(text('Hello', phoneEndingIn('05')));
    await waitFor('the conversation is told', () => typesOf('conversation').length > 0);
    const id = stream.events().find(({ entity }) => entity.type === 'conversation')?.entity.id ?? '';
    const snoozed = await user.call(`/api/conversations/${id}/snooze`, { body: { untilReply: true } });
    assert.equal(snoozed.status, 200);
    await waitFor('the snooze is told', () =>
      stream.events().some(({ view }) => view['status'] === 'pending' && view['untilReply'] === true),
    );
    await user.call(`/api/conversations/${id}`, { method: 'PATCH', body: { status: 'closed' } });
    await waitFor('the status is told', () =>
      stream
        .events()
        .some(({ type, view }) => type === 'conversation.updated' && view['status'] === 'closed'),
    );
  });
});

describe('events of marked messages', () => {
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('message_marks', [messageModel, outboxEventModel]);
  });
  after(() => database.close());
  beforeEach(async () => {
    for (const name of ['messages', 'outbox_events'])
      await database.connection.collection(name).deleteMany({});
  });

  const now = new Date('2026-11-29T08:00:00.000Z');
  const receiptOf = (status: 'sent' | 'delivered' | 'read', id: number) => ({
    ...{ word: status, status, providerMessageId: 'wamid.1', timestampMs: now.getTime() + id },
  });

  function openStage() {
    const { connection } = database;
    const messages = createMessageRepository(connection);
    const { recorder } = buildEventStore({
      mongo: connection,
      table: eventTable,
      passingTable: passingEventTable,
      clock: systemClock,
    });
    const lease = { hold: async () => true, release: async () => undefined };
    const publish = async (over: Partial<typeof messages> = {}) =>
      createMarkPublisher<MessageDoc>(
        { marks: { ...messages, ...over }, eventsOf: (docs) => docs.map(messageEventOf) },
        { recorder, lease },
      ).step();
    return { messages, publish };
  }

  const told = async () =>
    (await database.connection.collection('outbox_events').find().sort({ version: 1 }).toArray()).map(
      ({ type, version, view }) => [type, version, (view as { status: string }).status],
    );
  const stored = async () => database.connection.collection<MessageDoc>('messages').findOne({});

  async function accept() {
    const { messages, publish } = openStage();
    const message = buildMessage({ clientId: newId(), status: 'queued' });
    const scope = scopeOf(message.clientId);
    assert.ok(await messages.insert(scope, message));
    return { messages, publish, message, scope };
  }

  it('accepted, sent, delivered, with a round after each › one event for each state', async () => {
    const { messages, publish, message, scope } = await accept();
    await publish();
    for (const [index, status] of (['sent', 'delivered', 'read'] as const).entries()) {
      await messages.applyReceipts(scope, message._id, [receiptOf(status, index)]);
      await publish();
    }
    assert.deepEqual(await told(), [
      ['message.created', 1, 'queued'],
      ['message.status', 2, 'sent'],
      ['message.status', 3, 'delivered'],
      ['message.status', 4, 'read'],
    ]);
    assert.equal((await stored())?.unpublishedAt, undefined);
  });

  it('several states before a round › one event, of the last state; it is still the first of the message', async () => {
    const { messages, publish, message, scope } = await accept();
    await messages.claim(scope, message._id, { token: 't', now });
    for (const [index, status] of (['sent', 'delivered'] as const).entries())
      await messages.applyReceipts(scope, message._id, [receiptOf(status, index)]);
    await publish();
    await publish();
    assert.deepEqual(await told(), [['message.created', 4, 'delivered']]);
  });

  it('a repeated receipt, and one that changes no status › nothing to tell', async () => {
    const { messages, publish, message, scope } = await accept();
    await messages.applyReceipts(scope, message._id, [receiptOf('read', 0)]);
    await publish();
    await messages.applyReceipts(scope, message._id, [receiptOf('read', 0)]);
    await messages.applyReceipts(scope, message._id, [receiptOf('delivered', 1)]);
    assert.equal((await stored())?.unpublishedAt, undefined);
    assert.equal((await told()).length, 1);
  });

  it('changed while its event is recorded › the mark stays, and the next round tells the change', async () => {
    const { messages, publish, message, scope } = await accept();
    await publish({
      async unmarkAcrossClients(published) {
        await messages.applyReceipts(scope, message._id, [receiptOf('delivered', 0)]);
        await messages.unmarkAcrossClients(published);
      },
    });
    assert.notEqual((await stored())?.unpublishedAt, undefined);
    await publish();
    assert.deepEqual((await told()).at(-1)?.slice(1), [2, 'delivered']);
    assert.equal((await stored())?.unpublishedAt, undefined);
  });

  it('killed between the event and the removal of the mark, two publishers at once › recorded once', async () => {
    const { publish } = await accept();
    const killed = () => Promise.reject(new Error('The process was killed.'));
    await assert.rejects(publish({ unmarkAcrossClients: killed }));
    await Promise.all([publish(), publish(), publish()]);
    assert.deepEqual(await told(), [['message.created', 1, 'queued']]);
    assert.equal((await stored())?.unpublishedAt, undefined);
  });

  it('killed between the event and the removal of the mark, then changed › announced once, then the change', async () => {
    const { messages, publish, message, scope } = await accept();
    const killed = () => Promise.reject(new Error('The process was killed.'));
    await assert.rejects(publish({ unmarkAcrossClients: killed }));
    await messages.applyReceipts(scope, message._id, [receiptOf('delivered', 0)]);
    await publish();
    await publish();
    assert.deepEqual(await told(), [
      ['message.created', 1, 'queued'],
      ['message.status', 2, 'delivered'],
    ]);
    assert.equal((await stored())?.unpublishedAt, undefined);
  });

  it('any order of changes, rounds, kills and second publishers › announced once, versions rise, the last state is told', async () => {
    const step = fc.constantFrom('sent', 'delivered', 'read', 'round', 'two rounds', 'killed');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        for (const name of ['messages', 'outbox_events'])
          await database.connection.collection(name).deleteMany({});
        const { messages, publish, message, scope } = await accept();
        const killed = () => Promise.reject(new Error('The process was killed.'));
        for (const [index, what] of steps.entries()) {
          if (what === 'round') await publish();
          else if (what === 'two rounds') await Promise.all([publish(), publish()]);
          else if (what === 'killed') await publish({ unmarkAcrossClients: killed }).catch(() => undefined);
          else await messages.applyReceipts(scope, message._id, [receiptOf(what, index)]);
        }
        for (const _ of [1, 2]) await publish();
        const events = await told();
        const versions = events.map(([, version]) => Number(version));
        assert.deepEqual(versions, [...new Set(versions)]);
        assert.deepEqual(
          events.map(([type]) => type),
          events.map((_, index) => (index === 0 ? 'message.created' : 'message.status')),
        );
        assert.deepEqual(
          [events.at(-1)?.[2], versions.at(-1)],
          [(await stored())?.status, (await stored())?.revision],
        );
        assert.equal((await stored())?.unpublishedAt, undefined);
      }),
      { numRuns: 40 },
    );
  });

  it('withdrawn, canceled by a stop, rescheduled › told', async () => {
    const { messages, publish, message, scope } = await accept();
    await publish();
    const reach = { contactIds: [message.contactId], phoneNumbers: [], userIds: [] };
    await messages.cancelWaiting(scope, reach, { statementId: 's', reason: 'opted-out', at: now });
    await publish();
    assert.deepEqual((await told()).at(-1), ['message.status', 2, 'canceled']);
  });

  it('a wait or a look of the sweep › marks nothing', async () => {
    const { messages, publish, message, scope } = await accept();
    await publish();
    await messages.noteWaiting(scope, message._id, { gate: 'rate', reason: 'paced', since: now });
    await messages.markSwept(scope, message._id, now);
    assert.equal((await stored())?.unpublishedAt, undefined);
  });
});
