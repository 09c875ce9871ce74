import assert from 'node:assert/strict';
import mongoose, { Types, type mongo } from 'mongoose';
import type { MessageDoc } from '../../src/sending/messages/store/repository.ts';
import { newSecret } from '../../src/platform/ids.ts';
import type { CrmUser, MessageJson } from '../support/crm-client.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';
import { useEventStage } from '../support/event-stage.ts';
import { contentOf } from '../support/shown-content.ts';

type Fields = Readonly<Record<string, unknown>>;

describe('api › what a message holds beyond its fields', function () {
  this.timeout(120_000);
  const { api, hear, someone } = useEventStage('message-sources');
  let user: CrmUser;
  let phone: string;

  beforeEach(async () => {
    ({ user, phone } = await someone());
  });

  const nowSeconds = () => String(Math.floor(Date.now() / 1_000));

  async function post(message: Fields, contact: Fields = {}): Promise<void> {
    const from = phone.slice(1);
    const value = {
      contacts: [{ wa_id: from, profile: { name: 'Ana' }, ...contact }],
      messages: [{ from, id: `wamid.${newSecret(9)}`, timestamp: nowSeconds(), ...message }],
    };
    const body = envelopeOf(changeOf(user.phoneNumberId, value));
    await hear(body);
  }
  const list = async () => (await user.call<{ items: MessageJson[] }>('/api/messages')).body.items;
  /** The latest message, as the single view shows it. */
  async function receive(message: Fields, contact?: Fields): Promise<MessageJson> {
    await post(message, contact);
    const [latest] = await list();
    return user.getMessage(latest?.id ?? assert.fail('no message'));
  }
  const countSources = () =>
    api()
      .collection('message_sources')
      .countDocuments({ clientId: new Types.ObjectId(user.clientId) });
  const messages = () => api().collection<MessageDoc>('messages');

  /** Bytes that the database sends to the API during an action. */
  async function bytesRead(action: () => Promise<unknown>): Promise<number> {
    let bytes = 0;
    const client = api().api.core.mongo.getClient();
    const onReply = ({ reply }: mongo.CommandSucceededEvent) => {
      bytes += mongoose.mongo.BSON.calculateObjectSize(reply as mongo.Document);
    };
    client.on('commandSucceeded', onReply);
    await action();
    client.off('commandSucceeded', onReply);
    return bytes;
  }

  it('a plain message, whatever its kind › no source', async () => {
    const shown = await receive({ type: 'image', image: { id: 'm1', caption: 'Look', voice: false } });
    assert.deepEqual([shown.source, await countSources()], [null, 0]);
  });

  it('an unknown key › the source has it, once, however often the event arrives', async () => {
    const message = { id: `wamid.${newSecret(9)}`, type: 'text', text: { body: 'Hi', bold: [[0, 2]] } };
    await post(message);
    const shown = await receive(message);
    assert.deepEqual(shown.source?.object['text'], message.text);
    assert.deepEqual([shown.content.text, shown.source.isCut, await countSources()], ['Hi', false, 1]);
  });

  it('a text of 3.9 MB › cut in lists, more of it in the source, both say so', async () => {
    const body = '🧡'.repeat(975_000);
    const shown = await receive({ type: 'text', text: { body } });
    assert.deepEqual([shown.content.isCut, shown.content.text?.length], [true, 65_536]);
    assert.doesNotMatch(shown.content.text ?? '', /\p{Surrogate}/u);
    const { object, isCut } = shown.source ?? assert.fail('no source');
    const kept = (object['text'] as { body: string }).body;
    assert.ok(isCut && kept.length > 130_000 && kept.length < 132_000, String(kept.length));
  });

  it('messages of 3.9 MB › a list reads only what it shows', async () => {
    const text = { body: 'x'.repeat(3_900_000) };
    for (let count = 0; count < 3; count += 1) await post({ type: 'hologram', hologram: text });
    const bytes = await bytesRead(async () => assert.equal((await list()).length, 3));
    assert.ok(bytes < 30_000, `${bytes} bytes`);
  });

  it('messages that an earlier version stored › lists leave large objects out, the single view shows them', async () => {
    const { id } = await receive({ type: 'text', text: { body: 'Hi' } });
    const found = await messages().findOne({ _id: new Types.ObjectId(id) });
    assert.ok(found !== null);
    const { searchTokens: _tokens, ...like } = found;
    const stored = (raw: Fields, text: string): MessageDoc => ({
      ...like,
      _id: new Types.ObjectId(),
      providerMessageId: `wamid.${newSecret(9)}`,
      messageType: String(raw['type']),
      content: { text, raw },
    });
    const place = { latitude: 52.5, longitude: 13.4, name: 'Our shop' };
    const small = stored({ type: 'location', location: place }, 'Our shop');
    const large = Array.from({ length: 5 }, () =>
      stored({ type: 'hologram', hologram: { size: 'x'.repeat(3_900_000) } }, 'Large'),
    );
    await messages().insertMany([small, ...large]);
    let items: readonly MessageJson[] = [];
    const bytes = await bytesRead(async () => {
      items = await list();
    });
    assert.ok(bytes < 60_000, `${bytes} bytes`);
    const listed = items.find((item) => item.id === small._id.toHexString());
    assert.equal(contentOf(listed, 'location').name, 'Our shop');
    assert.deepEqual(items.map(({ content }) => content.text ?? '').toSorted(), [
      'Hi',
      'Large',
      'Large',
      'Large',
      'Large',
      'Large',
      'Our shop',
    ]);
    const single = await user.getMessage(large[0]?._id.toHexString() ?? '');
    assert.deepEqual([single.source?.isCut, single.source?.object['type']], [true, 'hologram']);
    assert.deepEqual((await user.getMessage(small._id.toHexString())).source?.object['location'], place);
  });

  it('another client › does not see it', async () => {
    const shown = await receive({ type: 'hologram' });
    const stranger = await api().signUp();
    assert.equal((await stranger.call(`/api/messages/${shown.id}`)).status, 404);
  });

  it('a STOP from 2100 and a START today › opted in', async () => {
    await post({ type: 'text', text: { body: 'STOP' }, timestamp: '4102444800' });
    const timestamp = String(Math.floor(Date.now() / 1_000) + 10);
    const { contactId } = await receive({ type: 'text', text: { body: 'START' }, timestamp });
    const contact = await user.call<Fields>(`/api/contacts/${contactId}`);
    assert.equal(contact.body['optInStatus'], 'opted-in');
  });

  it('a message from 2100, twice › shown at its arrival, and its window does not move on', async () => {
    const message = {
      ...{ id: `wamid.${newSecret(9)}`, type: 'text', text: { body: 'Hi' } },
      timestamp: '4102444800',
    };
    const first = await receive(message);
    const windowOf = async () =>
      (await user.call<{ items: Fields[] }>('/api/conversations')).body.items[0]?.['windowExpiresAt'];
    const opened = await windowOf();
    const second = await receive(message);
    assert.deepEqual([second.id, second.timestamp, await windowOf()], [first.id, first.timestamp, opened]);
    assert.ok(Math.abs(Date.parse(first.timestamp) - Date.now()) < 60_000);
    assert.equal(first.source?.object['timestamp'], '4102444800');
  });

  it('a username that changes › the contact has the new one, each message the one of its time', async () => {
    const first = await receive(
      { type: 'text', text: { body: 'Hi' } },
      { profile: { name: 'Ana\u202E\nSouza', username: 'ana' } },
    );
    const second = await receive(
      { type: 'text', text: { body: 'Hi again' }, timestamp: String(Math.floor(Date.now() / 1_000) + 5) },
      { profile: { name: 'Ana', username: 'ana.souza' } },
    );
    assert.deepEqual(first.senderProfile, { name: 'Ana Souza', username: 'ana' });
    assert.deepEqual((await user.getMessage(second.id)).senderProfile, {
      name: 'Ana',
      username: 'ana.souza',
    });
    const contact = await user.call<Fields>(`/api/contacts/${first.contactId}`);
    assert.deepEqual([contact.body['name'], contact.body['username']], ['Ana Souza', 'ana.souza']);
  });
});
