import assert from 'node:assert/strict';
import { newSecret } from '../../src/platform/ids.ts';
import { phoneEndingIn, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';
import { postEvent } from '../support/consent.ts';
import { useEventStage } from '../support/event-stage.ts';

type Fields = Readonly<Record<string, unknown>>;

describe('api › messages that people edit and revoke', function () {
  this.timeout(120_000);
  const { api, hear, processor, someone } = useEventStage('message-changes');
  const start = Math.floor(Date.now() / 1_000) - 3_600;
  let user: CrmUser;
  let phone: string;
  let wamid: string;

  beforeEach(async () => {
    ({ user, phone } = await someone());
    wamid = `wamid.${newSecret(9)}`;
  });

  const textMessage = (body: string, after = 0): Fields => ({
    ...{ id: wamid, timestamp: String(start + after), type: 'text', text: { body } },
  });
  const edit = (body: string, after: number, id = `${wamid}.${body}`): Fields => ({
    ...{ id, timestamp: String(start + after), type: 'edit' },
    edit: { original_message_id: wamid, message: { type: 'text', text: { body } } },
  });
  const revoke = (after: number): Fields => ({
    ...{ id: `${wamid}.gone`, timestamp: String(start + after), type: 'revoke' },
    revoke: { original_message_id: wamid },
  });

  async function receive(messages: readonly Fields[], from = phone): Promise<void> {
    for (const message of messages) {
      const value = { messages: [{ from: from.slice(1), ...message }] };
      const body = envelopeOf(changeOf(user.phoneNumberId, value));
      await hear(body);
    }
  }
  async function listed(): Promise<readonly MessageJson[]> {
    return (await user.call<{ items: MessageJson[] }>('/api/messages')).body.items;
  }
  /** The only message, as the single view shows it, after a look at the list. */
  async function theMessage(): Promise<MessageJson> {
    const [item, ...others] = await listed();
    assert.ok(item !== undefined && others.length === 0, JSON.stringify(others));
    const single = await user.getMessage(item.id);
    assert.deepEqual(single.content, item.content);
    assert.deepEqual([single.editedAt, single.revokedAt], [item.editedAt, item.revokedAt]);
    return single;
  }
  const at = (after: number) => new Date((start + after) * 1_000).toISOString();
  const conversation = async () => {
    const { body } = await user.call<{ items: Fields[] }>('/api/conversations');
    assert.equal(body.items.length, 1);
    return body.items[0] ?? {};
  };
  const outline = ({ versions }: MessageJson) =>
    versions.map(({ kind, at: when, content }) => [kind, when, content.text]);

  it('edited › shows the new text, when it was edited, and both versions', async () => {
    await receive([textMessage('A table for fuor'), edit('A table for four', 60)]);
    const message = await theMessage();
    assert.deepEqual(
      [message.content.text, message.editedAt, message.revokedAt, message.timestamp, message.messageType],
      ['A table for four', at(60), null, at(0), 'text'],
    );
    assert.deepEqual(outline(message), [
      ['original', at(0), 'A table for fuor'],
      ['edit', at(60), 'A table for four'],
    ]);
    const contents = [message.content, ...message.versions.map(({ content }) => content)];
    assert.deepEqual(
      contents.map((content) => content.type === 'text' && content.body),
      ['A table for four', 'A table for fuor', 'A table for four'],
    );
    const { unreadCount, windowExpiresAt } = await conversation();
    assert.deepEqual([unreadCount, windowExpiresAt], [1, at(24 * 3_600 - 60)]);
  });

  const events = [textMessage, () => edit('two', 60), () => edit('three', 120)] as const;
  const orders = [
    [0, 1, 2],
    [1, 0, 2],
    [2, 1, 0],
    [1, 2, 0],
    [2, 0, 1, 2, 1, 0],
  ];
  for (const order of orders) {
    it(`message, edit, second edit arrive as ${order.join(', ')} › the same`, async () => {
      await receive(order.map((index) => events[index]?.('one') ?? {}));
      const message = await theMessage();
      assert.deepEqual([message.content.text, message.editedAt], ['three', at(120)]);
      assert.deepEqual(outline(message), [
        ['original', at(0), 'one'],
        ['edit', at(60), 'two'],
        ['edit', at(120), 'three'],
      ]);
      assert.deepEqual([message.timestamp, (await conversation())['unreadCount']], [at(0), 1]);
    });
  }

  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [2, 0, 2, 1],
  ]) {
    it(`message, edit, revocation arrive as ${order.join(', ')} › empty, with all versions`, async () => {
      const all = [textMessage('one'), edit('two', 60), revoke(90)];
      await receive(order.map((index) => all[index] ?? {}));
      const message = await theMessage();
      const { type, text } = message.content;
      assert.deepEqual([type, text, message.revokedAt], ['empty', null, at(90)]);
      assert.deepEqual(outline(message), [
        ['original', at(0), 'one'],
        ['edit', at(60), 'two'],
        ['revoke', at(90), null],
      ]);
    });
  }

  it('somebody else edits or revokes it › nothing changes', async () => {
    const stranger = phoneEndingIn('02');
    await receive([textMessage('Mine')]);
    await receive([edit('Yours', 60), revoke(70)], stranger);
    const message = await theMessage();
    assert.deepEqual(
      [message.content.text, message.editedAt, message.revokedAt, message.versions],
      ['Mine', null, null, []],
    );
  });

  it('somebody else edits it before it arrives › the message is its author’s, unchanged', async () => {
    await receive([edit('Yours', 60)], phoneEndingIn('02'));
    await receive([textMessage('Mine')]);
    const message = await theMessage();
    const contact = await user.call<Fields>(`/api/contacts/${message.contactId}`);
    assert.deepEqual(
      [message.content.text, message.editedAt, message.versions, contact.body['phoneNumber']],
      ['Mine', null, [], phone],
    );
  });

  it('an edit of one of our messages › nothing changes', async () => {
    const { id } = await user.send({ to: phone });
    const sent = { $set: { providerMessageId: wamid, status: 'sent' } };
    const sentAt = (await user.getMessage(id)).timestamp;
    await api()
      .collection('messages')
      .updateOne({ timestamp: new Date(sentAt) }, sent);
    await receive([edit('Hacked', 60)]);
    const message = await user.getMessage(id);
    assert.deepEqual([message.providerMessageId, message.editedAt, message.versions], [wamid, null, []]);
  });

  it('edited to STOP › opted out, by the time of the edit', async () => {
    await receive([textMessage('Hello'), edit('STOP', 60)]);
    const { contactId } = await theMessage();
    const contact = await user.call<Fields>(`/api/contacts/${contactId}`);
    assert.equal(contact.body['optInStatus'], 'opted-out');
    const consent = await user.call<{ entries: Fields[] }>(`/api/contacts/${contactId}/consent`);
    assert.match(JSON.stringify(consent.body), new RegExp(at(60)));
  });

  it('edited to STOP before the message arrives › opted out', async () => {
    await receive([edit('STOP', 60), textMessage('Hello')]);
    const contact = await user.call<Fields>(`/api/contacts/${(await theMessage()).contactId}`);
    assert.equal(contact.body['optInStatus'], 'opted-out');
  });

  const statusAt = async (number: string): Promise<unknown> => {
    const { body } = await user.call<{ items: Fields[] }>(`/api/contacts?q=${encodeURIComponent(number)}`);
    return body.items.map(({ optInStatus }) => optInStatus);
  };

  it('edited to STOP by somebody else › they are opted out, its author and the message are as before', async () => {
    const stranger = phoneEndingIn('02');
    await receive([textMessage('Mine')]);
    await receive([edit('STOP', 60)], stranger);
    assert.equal((await theMessage()).content.text, 'Mine');
    assert.deepEqual([await statusAt(stranger), await statusAt(phone)], [['opted-out'], ['unknown']]);
  });

  it('edited to STOP from a new number before the move is told › opted out there', async () => {
    const moved = phoneEndingIn('02');
    await receive([textMessage('Hello')]);
    await receive([edit('STOP', 60)], moved);
    const system = { type: 'user_changed_number', body: 'New number', wa_id: moved.slice(1) };
    await receive([{ id: `${wamid}.moved`, timestamp: String(start + 30), type: 'system', system }]);
    assert.equal((await user.trySend({ to: moved })).status, 409);
    assert.deepEqual(await statusAt(moved), ['opted-out']);
  });

  it('edited to STOP by a user id that is tied to its author later › opted out at both', async () => {
    const from_user_id = `DE.${newSecret(9)}`;
    await receive([textMessage('Hello')]);
    await receive([{ ...edit('STOP', 60), from: undefined, from_user_id }]);
    const both = { ...textMessage('Me again', 30), id: `${wamid}.both`, from_user_id };
    await receive([both]);
    assert.equal((await user.trySend({ to: phone })).status, 409);
  });

  it('more edits than are kept › the original and the latest twenty', async () => {
    await receive([textMessage('0')]);
    for (let number = 1; number <= 23; number += 1) await receive([edit(String(number), number)]);
    const message = await theMessage();
    assert.equal(message.content.text, '23');
    assert.deepEqual(
      message.versions.map(({ content }) => content.text),
      ['0', ...Array.from({ length: 20 }, (_, index) => String(index + 4))],
    );
  });

  it('message and edit at once › one message, edited', async () => {
    const body = envelopeOf(
      ...[textMessage('one'), edit('two', 60)].map((message) =>
        changeOf(user.phoneNumberId, { messages: [{ from: phone.slice(1), ...message }] }),
      ),
    );
    await Promise.all(Array.from({ length: 4 }, () => postEvent(api(), body)));
    await Promise.all([processor().drain(), processor().drain(), processor().drain()]);
    assert.deepEqual(outline(await theMessage()), [
      ['original', at(0), 'one'],
      ['edit', at(60), 'two'],
    ]);
  });
});
