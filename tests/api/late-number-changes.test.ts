import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { digitsOf, fieldOf, messagesOf, threadsOf } from '../support/coexistence.ts';
import { newWamid, secondsFromNow } from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { useEventStage } from '../support/event-stage.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';

describe('api › delivered again after WhatsApp said late that the person had changed number', function () {
  this.timeout(60_000);
  const { api, hear, someone } = useEventStage('late-number-changes');
  const next = phoneEndingIn('42');
  let user: CrmUser;
  let phone: string;

  beforeEach(async () => {
    ({ user, phone } = await someone());
  });

  const live = (...messages: readonly object[]) =>
    envelopeOf(changeOf(user.phoneNumberId, { metadata: { phone_number_id: user.phoneNumberId }, messages }));
  const textOf = (more: object = {}) => ({
    ...{ id: newWamid(), from: digitsOf(phone), timestamp: secondsFromNow(-30) },
    ...{ type: 'text', text: { body: 'Hello' } },
    ...more,
  });
  const editOf = ({ id: original_message_id }: { readonly id: string }) => ({
    ...{ id: newWamid(), from: digitsOf(phone), timestamp: secondsFromNow(-10), type: 'edit' },
    edit: { original_message_id, message: { type: 'text', text: { body: 'Good day' } } },
  });
  /** A minute before the messages here: whoever wrote them from the old number is somebody else. */
  const announcement = () =>
    live({
      ...{ id: newWamid(), from: digitsOf(phone), timestamp: secondsFromNow(-90), type: 'system' },
      system: { type: 'user_changed_number', wa_id: digitsOf(next) },
    });
  const call = (id: string, event: string) =>
    fieldOf(user, 'calls', {
      calls: [
        {
          ...{ id, from: digitsOf(phone), to: '15550001000', direction: 'USER_INITIATED', event },
          timestamp: secondsFromNow(event === 'connect' ? -30 : -10),
          ...(event === 'connect' ? {} : { status: 'COMPLETED', duration: 12 }),
        },
      ],
    });
  const echo = (more: object = {}) =>
    fieldOf(user, 'smb_message_echoes', {
      message_echoes: [{ ...textOf(more), from: '15550001000', to: digitsOf(phone) }],
    });
  const history = (message: object) =>
    fieldOf(user, 'history', {
      history: [{ metadata: {}, threads: [{ id: digitsOf(phone), messages: [message] }] }],
    });
  const written = async () => (await messagesOf(user)).filter(({ messageType }) => messageType !== 'system');
  const countOf = (collection: string) =>
    api()
      .collection(collection)
      .countDocuments({ clientId: new Types.ObjectId(user.clientId) });

  const bodies: readonly (readonly [string, () => object])[] = [
    ['a message', () => live(textOf())],
    ['a message that names the user id too', () => live(textOf({ from_user_id: 'DE.1' }))],
    ['a message in a group', () => live(textOf({ group_id: 'group-1' }))],
    ['a call', () => call(newWamid(), 'connect')],
    ['a message from the phone of the business', () => echo()],
    ['a message of the backlog', () => history(textOf())],
  ];
  for (const [what, bodyOf] of bodies)
    it(`${what} › stored once, and nobody is added`, async () => {
      const body = bodyOf();
      await hear(body, announcement());
      const before = [await countOf('contacts'), await countOf('conversations')];
      await hear(body, body);
      assert.equal((await written()).length, 1);
      assert.deepEqual([await countOf('contacts'), await countOf('conversations')], before);
      assert.equal(await api().collection('webhook_events').countDocuments({ status: 'dead' }), 0);
    });

  it('a message, and somebody already wrote from the new number › stored once, in its thread', async () => {
    const body = live(textOf());
    await hear(live(textOf({ from: digitsOf(next), timestamp: secondsFromNow(-60) })), body, announcement());
    const before = await countOf('contacts');
    await hear(body, body);
    assert.deepEqual([(await written()).length, await countOf('contacts')], [2, before]);
  });

  it('a message, and somebody else writes from the old number since then › stored once, in its thread', async () => {
    const body = live(textOf());
    await hear(body, announcement());
    await hear(live(textOf({ timestamp: secondsFromNow(-5), from_user_id: 'DE.2' })));
    await hear(live(textOf({ timestamp: secondsFromNow(-4) })));
    const before = await countOf('contacts');
    await hear(body, body);
    assert.deepEqual([(await written()).length, await countOf('contacts')], [3, before]);
  });

  it('the announcement itself › told once', async () => {
    const body = announcement();
    await hear(live(textOf()), body, body);
    const told = (await messagesOf(user)).filter(({ messageType }) => messageType === 'system');
    assert.equal(told.length, 1);
  });

  it('the author edits the message › it says the new words', async () => {
    const message = textOf();
    const edit = editOf(message);
    await hear(live(message), announcement(), live(edit), live(edit));
    assert.deepEqual(
      (await written()).map(({ content }) => content.text),
      ['Good day'],
    );
  });

  it('the business revokes its message from the phone › it shows nothing', async () => {
    const id = newWamid();
    const revoke = { type: 'revoke', text: undefined, revoke: { original_message_id: id } };
    await hear(echo({ id }), announcement(), echo({ ...revoke, id: newWamid() }));
    const [message, ...others] = await written();
    assert.deepEqual([others.length, message?.content.text, message?.revokedAt === null], [0, null, false]);
  });

  it('an edit came first, then the announcement, then the message › one message, edited', async () => {
    const message = textOf();
    const edit = editOf(message);
    await hear(live(edit), announcement(), live(message), live(message));
    assert.deepEqual(
      (await written()).map(({ content }) => content.text),
      ['Good day'],
    );
  });

  it('the end of a call › belongs to its beginning', async () => {
    const id = newWamid();
    await hear(call(id, 'connect'), announcement(), call(id, 'terminate'));
    const [entry, ...others] = await written();
    assert.deepEqual([others.length, entry?.content.type], [0, 'call']);
    assert.ok(entry?.content.type === 'call' && entry.content.durationSeconds === 12);
  });

  it('the author of a message in a group was deleted › it is not stored again', async () => {
    const body = live(textOf({ group_id: 'group-1' }));
    await hear(body);
    const [message] = await written();
    const { status } = await user.call(`/api/contacts/${message?.contactId}`, { method: 'DELETE' });
    assert.equal(status, 204);
    await hear(body);
    assert.equal((await written()).length, 1);
    assert.equal((await threadsOf(user)).length, 1);
  });
});
