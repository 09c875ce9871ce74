import assert from 'node:assert/strict';
import { type mongo, Types } from 'mongoose';
import { digitsOf, fieldOf, messagesOf, threadsOf } from '../support/coexistence.ts';
import { contactOf, newWamid, secondsFromNow } from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';
import { useEventStage } from '../support/event-stage.ts';

describe('api › what arrives twice, or was written by nobody', function () {
  this.timeout(60_000);
  const { api, hear, someone } = useEventStage('repeated-arrivals');
  let user: CrmUser;
  let phone: string;

  beforeEach(async () => {
    ({ user, phone } = await someone());
  });

  const textOf = (more: object = {}) => ({
    ...{ id: newWamid(), from: digitsOf(phone), timestamp: secondsFromNow(-30) },
    ...{ type: 'text', text: { body: 'Hello' } },
    ...more,
  });
  const live = (...messages: readonly object[]) =>
    envelopeOf(changeOf(user.phoneNumberId, { metadata: { phone_number_id: user.phoneNumberId }, messages }));
  const history = (message: object, id = digitsOf(phone)) =>
    fieldOf(user, 'history', { history: [{ metadata: {}, threads: [{ id, messages: [message] }] }] });
  /** Another verified number of the business. */
  async function addChannel() {
    const channels = api().collection<mongo.Document & { _id: Types.ObjectId }>('channels');
    const own = await channels.findOne({ _id: new Types.ObjectId(user.channelId) });
    assert.ok(own !== null);
    const [_id, phoneNumberId] = [new Types.ObjectId(), `second-${new Types.ObjectId().toHexString()}`];
    const { webhookKeyHash: _unused, ...like } = own;
    await channels.insertOne({ ...like, _id, phoneNumberId, place: 1 });
    return { id: _id.toHexString(), phoneNumberId };
  }
  const closeAll = () =>
    api()
      .collection('conversations')
      .updateMany({ clientId: new Types.ObjectId(user.clientId) }, { $set: { status: 'closed' } });
  const shown = async () =>
    (await threadsOf(user)).map(({ status, unreadCount }) => `${status}, ${unreadCount} unread`);

  it('a message again after its conversation was closed › nothing changes', async () => {
    const body = live(textOf());
    await hear(body);
    await closeAll();
    const before = await threadsOf(user);
    await hear(body);
    assert.deepEqual(await shown(), ['closed, 1 unread']);
    assert.deepEqual(await threadsOf(user), before);
    assert.equal((await messagesOf(user)).length, 1);
  });

  it('an echo, a call and a group message again after that › nothing is opened', async () => {
    const echo = { from: '15550001000', to: digitsOf(phone), id: newWamid(), timestamp: secondsFromNow(-30) };
    const call = { id: newWamid(), from: digitsOf(phone), to: '15550001000', direction: 'USER_INITIATED' };
    const bodies = [
      fieldOf(user, 'smb_message_echoes', {
        message_echoes: [{ ...echo, type: 'text', text: { body: 'From the phone' } }],
      }),
      fieldOf(user, 'calls', { calls: [{ ...call, event: 'connect', timestamp: secondsFromNow(-20) }] }),
      live(textOf({ group_id: 'group-1' })),
    ];
    await hear(...bodies);
    const before = await threadsOf(user);
    assert.equal(before.length, 2);
    await closeAll();
    await hear(...bodies);
    assert.deepEqual(await shown(), ['closed, 1 unread', 'closed, 1 unread']);
  });

  it('a message of the backlog arrives live › in the open conversation, unread once', async () => {
    const message = textOf();
    await hear(history(message));
    assert.deepEqual(await shown(), ['closed, 0 unread']);
    await hear(live(message), live(message), history(message));
    const threads = await threadsOf(user);
    assert.deepEqual(new Set(await shown()), new Set(['open, 1 unread', 'closed, 0 unread']));
    const open = threads.find(({ status }) => status === 'open');
    assert.deepEqual(
      (await messagesOf(user)).map(({ conversationId }) => conversationId),
      [open?.id],
    );
    await closeAll();
    await hear(live(message));
    assert.ok((await threadsOf(user)).every(({ status }) => status === 'closed'));
  });

  describe('an id that was seen before', () => {
    const textsOf = async () =>
      (await messagesOf(user))
        .map(({ content }) => content.text)
        .toSorted((a, b) => String(a).localeCompare(String(b)));

    it('of another person’s message › another message, once, live and in the backlog', async () => {
      const message = textOf({ text: { body: 'Mine' } });
      const [other, old] = [phoneEndingIn('02'), phoneEndingIn('03')];
      const theirs = { ...message, from: digitsOf(other), text: { body: 'Theirs' } };
      const bodies = [
        live(message),
        live(theirs),
        history({ ...message, from: digitsOf(old), text: { body: 'Old' } }, digitsOf(old)),
      ];
      await hear(...bodies, ...bodies);
      assert.deepEqual(await textsOf(), ['Mine', 'Old', 'Theirs']);
      assert.deepEqual((await shown()).toSorted(), ['closed, 0 unread', 'open, 1 unread', 'open, 1 unread']);
    });

    it('of another person’s message, STOP and then START › both count', async () => {
      const other = phoneEndingIn('02');
      const [yes, no] = [textOf({ text: { body: 'yes' } }), textOf({ text: { body: 'no' } })];
      const from = digitsOf(other);
      await hear(live(yes), live({ ...yes, from, timestamp: secondsFromNow(-20), text: { body: 'STOP' } }));
      assert.equal((await contactOf(user, other))?.optInStatus, 'opted-out');
      await hear(live(no), live({ ...no, from, timestamp: secondsFromNow(-10), text: { body: 'START' } }));
      assert.equal((await contactOf(user, other))?.optInStatus, 'opted-in');
      assert.notEqual((await contactOf(user, phone))?.optInStatus, 'opted-out');
    });

    it('of our own message › another message of the person, and the receipts stay with ours', async () => {
      const { id } = await user.send({ to: phone });
      const [_id, wamid] = [new Types.ObjectId(id), newWamid()];
      await api()
        .collection('messages')
        .updateOne({ _id }, { $set: { providerMessageId: wamid, status: 'sent' } });
      await hear(live(textOf({ id: wamid, text: { body: 'STOP' } })));
      assert.equal((await contactOf(user, phone))?.optInStatus, 'opted-out');
      const [clientId, channelId] = [user.clientId, user.channelId].map((text) => new Types.ObjectId(text));
      assert.ok(clientId !== undefined && channelId !== undefined);
      const named = { ids: [], providerMessageIds: [wamid] };
      const targets = await api().api.core.messages.findReceiptTargets({ clientId }, channelId, named);
      assert.deepEqual(
        targets.map((target) => target._id),
        [_id],
      );
    });

    it('of another person’s message, answered and edited › by and of the person’s own', async () => {
      const other = phoneEndingIn('02');
      const message = textOf({ text: { body: 'Mine' } });
      const theirs = { ...message, from: digitsOf(other), text: { body: 'Theirs' } };
      const edit = (from: string, text: string) =>
        live({
          ...{ id: newWamid(), from: digitsOf(from), timestamp: secondsFromNow(-10), type: 'edit' },
          edit: { original_message_id: message.id, message: { type: 'text', text: { body: text } } },
        });
      const reply = (from: string) =>
        live(textOf({ from: digitsOf(from), text: { body: `Re ${from}` }, context: { id: message.id } }));
      await hear(live(message), live(theirs), reply(phone), reply(other));
      await hear(edit(other, 'Theirs, edited'), edit(phone, 'Mine, edited'), edit(other, 'Theirs, edited'));
      assert.deepEqual(
        await textsOf(),
        ['Mine, edited', 'Theirs, edited', `Re ${phone}`, `Re ${other}`].toSorted((a, b) =>
          a.localeCompare(b),
        ),
      );
      const all = await messagesOf(user);
      for (const answer of all.filter(({ content }) => content.text?.startsWith('Re'))) {
        const answered = all.find(({ id }) => id === answer.repliesTo);
        assert.equal(answered?.contactId, answer.contactId);
      }
    });

    it('on another number of the business › one message per number, in private and in a group', async () => {
      const second = await addChannel();
      const [own, grouped] = [textOf({ text: { body: 'Private' } }), textOf({ group_id: 'group-3' })];
      for (const message of [own, grouped]) {
        const bodies = [user.phoneNumberId, second.phoneNumberId].map((phone_number_id) =>
          envelopeOf(changeOf(phone_number_id, { metadata: { phone_number_id }, messages: [message] })),
        );
        await hear(...bodies, ...bodies);
      }
      const threads = await threadsOf(user);
      assert.deepEqual(
        await shown(),
        Array.from({ length: 4 }, () => 'open, 1 unread'),
      );
      assert.deepEqual(
        new Set(threads.map(({ channelId }) => channelId)),
        new Set([user.channelId, second.id]),
      );
    });
  });

  it('in a group: a revocation, a notice, a removed reaction, a message WhatsApp withholds › nothing unread', async () => {
    const inGroup = (more: object) => textOf({ group_id: 'group-2', text: undefined, ...more });
    await hear(
      live(
        inGroup({ type: 'revoke', revoke: { original_message_id: newWamid() } }),
        inGroup({ type: 'system', system: { body: 'A person left' } }),
        inGroup({ type: 'reaction', reaction: { message_id: newWamid() } }),
        inGroup({ type: 'unsupported', errors: [{ code: 131_060, title: 'Unavailable' }] }),
      ),
    );
    assert.deepEqual(await shown(), ['open, 0 unread']);
    await hear(live(inGroup({ type: 'text', text: { body: 'Hello' } })));
    assert.deepEqual(await shown(), ['open, 1 unread']);
  });

  for (const type of ['request_welcome', 'media_placeholder'])
    it(`${type} › no window, nothing unread, no lead`, async () => {
      await hear(live(textOf({ type, text: undefined })));
      const [thread] = await threadsOf(user);
      assert.deepEqual([thread?.unreadCount, thread?.windowExpiresAt, thread?.leadId], [0, null, null]);
    });

  const ids: readonly [string, unknown][] = [
    ['no id', undefined],
    ['a number as id', 123_456],
    ['an id of 600 characters', 'x'.repeat(600)],
  ];
  for (const [what, id] of ids)
    it(`STOP with ${what}, twice › stored once, opted out`, async () => {
      const stop = live(textOf({ id, text: { body: 'STOP' } }));
      await hear(stop, stop);
      assert.equal((await contactOf(user, phone))?.optInStatus, 'opted-out');
      assert.deepEqual(
        (await messagesOf(user)).map(({ content }) => content.text),
        ['STOP'],
      );
      const dead = await api().collection('webhook_events').countDocuments({ status: 'dead' });
      assert.equal(dead, 0);
    });
});
