import assert from 'node:assert/strict';
import { Types } from 'mongoose';
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
  const history = (...messages: readonly object[]) =>
    fieldOf(user, 'history', { history: [{ metadata: {}, threads: [{ id: digitsOf(phone), messages }] }] });
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

  it('the id of another person’s message › nothing is stored, no conversation', async () => {
    const message = textOf();
    await hear(live(message));
    const stranger = { ...message, from: digitsOf(phoneEndingIn('02')) };
    await hear(live(stranger), history(stranger));
    assert.deepEqual(await shown(), ['open, 1 unread']);
    assert.equal((await messagesOf(user)).length, 1);
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
