import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ContactView } from '../../src/people/contacts/schemas.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { createMessageRepository } from '../../src/sending/messages/store/repository.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { digitsOf, fieldOf, messagesOf, threadsOf } from '../support/coexistence.ts';
import { contactOf, newWamid, postEvent, secondsFromNow, spoken } from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { statusesOf } from '../support/meta.ts';
import { useEventStage } from '../support/event-stage.ts';

const daySeconds = 24 * 60 * 60;

describe('api › a number that is also used on a phone', function () {
  this.timeout(60_000);
  const { api, hear, processor, someone } = useEventStage('phone-messages');
  let user: CrmUser;
  let phone: string;

  beforeEach(async () => {
    ({ user, phone } = await someone());
  });
  afterEach(async () => {
    const stuck = await api()
      .collection('webhook_events')
      .find({ status: { $ne: 'done' } })
      .toArray();
    assert.deepEqual(
      stuck.map((event) => event['lastError'] as unknown),
      [],
    );
  });

  const echo = (wamid: string, more: object = {}) => ({
    from: '15550001000',
    to: digitsOf(phone),
    id: wamid,
    timestamp: secondsFromNow(-30),
    type: 'text',
    text: { body: 'From the phone' },
    ...more,
  });
  const echoed = (...echoes: readonly object[]) =>
    fieldOf(user, 'smb_message_echoes', { message_echoes: echoes });
  const leads = async () => (await user.call<{ items: unknown[] }>('/api/leads')).body.items;

  describe('a message sent from the phone', () => {
    it('text › outbound in the thread, from the phone, sent; no window, nothing unread, no lead', async () => {
      const wamid = newWamid();
      await hear(echoed(echo(wamid)), echoed(echo(wamid)));
      const [thread, ...others] = await threadsOf(user);
      assert.equal(others.length, 0);
      assert.deepEqual(
        { window: thread?.windowExpiresAt, unread: thread?.unreadCount, lead: thread?.leadId },
        { window: null, unread: 0, lead: null },
      );
      assert.deepEqual(await leads(), []);
      const [message, ...doubles] = await messagesOf(user, thread?.id);
      assert.equal(doubles.length, 0);
      assert.deepEqual(
        {
          direction: message?.direction,
          senderType: message?.senderType,
          status: message?.status,
          text: message?.content.text,
          to: message?.to,
          workflowId: message?.workflowId,
          providerMessageId: message?.providerMessageId,
        },
        {
          direction: 'outbound',
          senderType: 'phone',
          status: 'sent',
          text: 'From the phone',
          to: phone,
          workflowId: null,
          providerMessageId: wamid,
        },
      );
    });

    it('media, location, beside messages › the same content as of inbound messages', async () => {
      const image = {
        type: 'image',
        text: undefined,
        image: { id: 'm1', caption: 'See', mime_type: 'image/png' },
      };
      const place = { type: 'location', text: undefined, location: { latitude: 1.5, longitude: 2.5 } };
      await hear(
        echoed(echo(newWamid(), image)),
        fieldOf(user, 'messages', { message_echoes: [echo(newWamid(), place)] }),
      );
      const contents = (await messagesOf(user)).map(({ content }) => content);
      assert.ok(
        contents.some(
          (content) =>
            content.type === 'image' && content.providerMediaId === 'm1' && content.caption === 'See',
        ),
      );
      assert.ok(contents.some((content) => content.type === 'location' && content.latitude === 1.5));
    });

    it('receipts › move it on; a failure is not retried', async () => {
      const [read, failed] = [newWamid(), newWamid()];
      await hear(
        statusesOf(user.phoneNumberId, [{ id: read, status: 'read' }]),
        echoed(echo(read), echo(failed)),
      );
      const errors = [{ code: 131026, title: 'Undeliverable' }];
      const failure = { id: failed, status: 'failed', errors };
      await hear(statusesOf(user.phoneNumberId, [failure]));
      await api()
        .collection('webhook_events')
        .updateMany({}, { $set: { nextAttemptAt: new Date() } });
      await processor().drain();
      const found = await messagesOf(user);
      assert.deepEqual(
        new Map(found.map(({ providerMessageId, status }) => [providerMessageId, status])),
        new Map([
          [read, 'read'],
          [failed, 'failed'],
        ]),
      );
      const message = found.find(({ status }) => status === 'failed');
      const retried = await user.call(`/api/messages/${message?.id}/retry`, { method: 'POST', body: {} });
      assert.equal(retried.status, 404);
    });

    it('edited and revoked on the phone › the stored message changes', async () => {
      const wamid = newWamid();
      const edit = {
        type: 'edit',
        text: undefined,
        edit: { original_message_id: wamid, message: { type: 'text', text: { body: 'Corrected' } } },
      };
      await hear(echoed(echo(wamid)), echoed(echo(newWamid(), edit)));
      const [edited] = await messagesOf(user);
      assert.deepEqual([edited?.content.text, edited?.editedAt !== null], ['Corrected', true]);
      const revoke = { type: 'revoke', text: undefined, revoke: { original_message_id: wamid } };
      await hear(echoed(echo(newWamid(), revoke)));
      const [revoked, ...others] = await messagesOf(user);
      assert.deepEqual([revoked?.revokedAt !== null, others.length], [true, 0]);
    });

    it('a person without a number › by the user id', async () => {
      await hear(echoed(echo(newWamid(), { to: undefined, to_user_id: 'DE.123456' })));
      const [message] = await messagesOf(user);
      assert.deepEqual([message?.to, message?.senderType], [null, 'phone']);
    });

    it('the echo of a message that the product sent › nothing doubles, whichever comes first', async () => {
      const { id } = await user.send({ to: phone });
      const scope = scopeOf(new Types.ObjectId(user.clientId));
      const messages = createMessageRepository(api().connection);
      const _id = new Types.ObjectId(id);
      const collection = api().collection<MessageDoc>('messages');
      await collection.updateOne(
        { _id },
        { $set: { dispatch: { attempt: 1, isCalling: true, attempts: [] } } },
      );
      const wamid = newWamid();
      await hear(echoed(echo(wamid)));
      assert.equal(await collection.countDocuments({ providerMessageId: wamid, senderType: 'phone' }), 1);
      const at = new Date();
      await messages.recordOutcome(scope, _id, {
        outcome: { kind: 'accepted', providerMessageId: wamid, isHeld: false },
        attempt: { number: 1, startedAt: at, endedAt: at, outcome: 'accepted' },
      });
      await hear(echoed(echo(wamid, { timestamp: secondsFromNow(0) })));
      const stored = await collection.find({ providerMessageId: wamid }).toArray();
      assert.deepEqual(
        stored.map((message) => [message._id.toHexString(), message.senderType, message.status]),
        [[id, 'agent', 'sent']],
      );
    });
  });

  describe('the backlog', () => {
    const old = (wamid: string, body: string, more: object = {}) => ({
      from: digitsOf(phone),
      id: wamid,
      timestamp: secondsFromNow(-40 * daySeconds),
      type: 'text',
      text: { body },
      history_context: { status: 'READ' },
      ...more,
    });
    const sentOld = { from: '15550001000', to: '' };
    const history = (messages: readonly object[], metadata = { phase: 0, chunk_order: 1, progress: 55 }) =>
      fieldOf(user, 'history', {
        history: [{ metadata, threads: [{ id: digitsOf(phone), messages }] }],
      });

    it('both directions › old messages in a closed thread at their own time; no window, unread or lead', async () => {
      const bodies = [
        history([
          old('wamid.old.1', 'Hello?'),
          old('wamid.old.2', 'Yes?', { ...sentOld, to: digitsOf(phone) }),
        ]),
        history([old('wamid.old.1', 'Hello?')]),
      ];
      await hear(...bodies);
      const [thread, ...others] = await threadsOf(user);
      assert.equal(others.length, 0);
      assert.deepEqual(
        {
          status: thread?.status,
          window: thread?.windowExpiresAt,
          unread: thread?.unreadCount,
          lead: thread?.leadId,
        },
        { status: 'closed', window: null, unread: 0, lead: null },
      );
      const found = await messagesOf(user, thread?.id);
      assert.deepEqual(
        new Set(found.map(({ direction, senderType, status }) => `${direction} ${senderType} ${status}`)),
        new Set(['inbound contact received', 'outbound phone read']),
      );
      const ages = found.map(({ timestamp }) => Date.now() - Date.parse(timestamp));
      assert.ok(ages.every((age) => age > 39 * daySeconds * 1_000));
    });

    it('a message of an hour ago › opens the window by its own time', async () => {
      await hear(history([old(newWamid(), 'Now?', { timestamp: secondsFromNow(-3_600) })]));
      const [thread] = await threadsOf(user);
      const left = Date.parse(thread?.windowExpiresAt ?? '') - Date.now();
      assert.ok(left > 22 * 3_600_000 && left < 23 * 3_600_000, String(left));
    });

    it('an old STOP › opts out, unless the person has said START since', async () => {
      await hear(history([old(newWamid(), 'STOP')]));
      assert.equal((await contactOf(user, phone))?.optInStatus, 'opted-out');
      const other = phoneEndingIn('02');
      await hear(spoken(user, other, 'START'));
      const stop = { ...old(newWamid(), 'STOP'), from: digitsOf(other) };
      await hear(
        fieldOf(user, 'history', {
          history: [{ metadata: {}, threads: [{ id: digitsOf(other), messages: [stop] }] }],
        }),
      );
      assert.equal((await contactOf(user, other))?.optInStatus, 'opted-in');
    });

    it('a live conversation › the old messages join it', async () => {
      await hear(spoken(user, phone, 'Hello'));
      await hear(history([old(newWamid(), 'Before')]));
      const threads = await threadsOf(user);
      assert.deepEqual(
        threads.map(({ status, unreadCount }) => [status, unreadCount]),
        [['open', 1]],
      );
    });

    it('declined by the business › an event of the channel', async () => {
      const errors = [{ code: 2593109, title: 'History sharing is turned off', message: 'Off' }];
      await hear(fieldOf(user, 'history', { history: [{ errors }] }));
      const path = `/api/channels/${user.channelId}/events`;
      const { body } = await user.call<{ items: { field: string; word: string; severity: string }[] }>(path);
      const [event] = body.items;
      assert.deepEqual([event?.field, event?.word, event?.severity], ['history', '2593109', 'warning']);
    });

    it('1,000 messages in one body, in two processors at once › each once, in one thread per person', async () => {
      const messages = Array.from({ length: 1_000 }, (_, index) => old(`wamid.bulk.${index}`, `m${index}`));
      await postEvent(api(), history(messages));
      await postEvent(api(), history(messages.toReversed()));
      await Promise.all([processor().drain(), processor().drain()]);
      await processor().drain();
      assert.equal((await threadsOf(user)).length, 1);
      const clientId = new Types.ObjectId(user.clientId);
      assert.equal(await api().collection('messages').countDocuments({ clientId }), 1_000);
    }).timeout(120_000);
  });

  describe('the address book of the phone', () => {
    const synced = (action: string, name: string | undefined, seconds: number) =>
      fieldOf(user, 'smb_app_state_sync', {
        state_sync: [
          {
            type: 'contact',
            contact: { full_name: name, first_name: name?.split(' ')[0], phone_number: digitsOf(phone) },
            action,
            metadata: { timestamp: secondsFromNow(seconds) },
          },
        ],
      });
    const contact = async (): Promise<ContactView | undefined> => contactOf(user, phone);

    it('added, changed, removed, in any order › the latest name; a name given by a person stays', async () => {
      await hear(synced('add', 'Ana Souza', -60));
      assert.deepEqual(
        [(await contact())?.name, (await contact())?.phoneBookName],
        ['Ana Souza', 'Ana Souza'],
      );
      await hear(synced('edit', 'Ana S.', -40), synced('edit', 'Too late', -50));
      assert.deepEqual([(await contact())?.name, (await contact())?.phoneBookName], ['Ana S.', 'Ana S.']);
      const id = (await contact())?.id ?? '';
      await user.call(`/api/contacts/${id}`, { method: 'PATCH', body: { name: 'Dr Souza' } });
      await hear(synced('edit', 'Ana from the shop', -30));
      assert.deepEqual(
        [(await contact())?.name, (await contact())?.phoneBookName],
        ['Dr Souza', 'Ana from the shop'],
      );
      await hear(synced('remove', undefined, -20));
      assert.deepEqual([(await contact())?.name, (await contact())?.phoneBookName], ['Dr Souza', null]);
      assert.deepEqual(await leads(), []);
      assert.deepEqual(await threadsOf(user), []);
    });
  });
});
