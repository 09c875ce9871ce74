import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { MessageView } from '../../src/sending/messages/schemas.ts';
import { useMessagingApi } from '../support/messaging-api.ts';
import { startCorrespondence, type Correspondence } from '../support/stored-messages.ts';
import { setWindow } from '../support/windows.ts';

const hourMs = 3_600_000;

describe('turns of answers', function () {
  this.timeout(30_000);
  const api = useMessagingApi('turns');
  let given: Correspondence;

  beforeEach(async () => {
    given = await startCorrespondence(api());
    await setWindow(api(), given.conversationId.toHexString(), hourMs);
  });

  async function answer(fields: object = {}): Promise<string> {
    const contactId = given.contactId.toHexString();
    const body = { contactId, content: { type: 'text', body: 'Yes' }, ...fields };
    const { status, body: message } = await given.user.call<MessageView>('/api/messages', { body });
    assert.equal(status, 201, JSON.stringify(message));
    return message.id;
  }
  const turnOf = async (id: string) => (await given.stored(id)).turn;

  it('answers accepted one after another › numbered in this order', async () => {
    const ids = [await answer(), await answer(), await answer()];
    assert.deepEqual(await Promise.all(ids.map(turnOf)), [1, 2, 3]);
  });

  it('twenty answers at once › each has a turn of its own', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => answer()));
    const turns = await Promise.all(ids.map(turnOf));
    assert.deepEqual(
      turns.toSorted((a = 0, b = 0) => a - b),
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  it('a template and a scheduled answer › take no turn', async () => {
    const template = await given.user.send({ contactId: given.contactId.toHexString() });
    const later = await answer({ sendAt: new Date(Date.now() + hourMs / 2).toISOString() });
    assert.deepEqual(
      [await turnOf(template.id), await turnOf(later), await turnOf(await answer())],
      [undefined, undefined, 1],
    );
  });

  it('an answer is sent again by hand › it is the latest one', async () => {
    const first = await answer();
    await answer();
    const failure = { code: '131000', class: 'retry', title: 'Something went wrong', detail: '', advice: '' };
    await api()
      .collection('messages')
      .updateOne({ _id: new Types.ObjectId(first) }, { $set: { status: 'failed', failure } });
    const again = await given.user.call<MessageView>(`/api/messages/${first}/retry`, { body: {} });
    assert.equal(again.status, 201, JSON.stringify(again.body));
    assert.equal(await turnOf(again.body.id), 3);
  });

  it('an answer is repeated with its key › it keeps its turn', async () => {
    const contactId = given.contactId.toHexString();
    const headers = { 'idempotency-key': 'one' };
    const body = { contactId, content: { type: 'text', body: 'Yes' } };
    const send = () => given.user.call<MessageView>('/api/messages', { body, headers });
    const [first, second] = [await send(), await send()];
    assert.equal(first.body.id, second.body.id);
    assert.equal(await turnOf(first.body.id), 1);
  });

  it('the first answer waits for its turn › `waitingFor` and the timeline say why', async () => {
    const id = await answer();
    const since = new Date();
    const scope = { clientId: new Types.ObjectId(given.user.clientId) };
    const head = new Types.ObjectId();
    await api().api.core.messages.noteTurn(scope, new Types.ObjectId(id), {
      waiting: { gate: 'order', reason: 'its turn', since },
      turnWait: { since, head, headSince: since, seenAt: since },
      isNew: true,
    });
    assert.equal((await given.user.getMessage(id)).waitingFor?.gate, 'order');
    await api().api.core.messages.overtake(scope, new Types.ObjectId(id), { messageIds: [head], at: since });
    await api().api.core.messages.overtake(scope, new Types.ObjectId(id), { messageIds: [head], at: since });
    const { body } = await given.user.call<{ entries: { kind: string; text: string }[] }>(
      `/api/messages/${id}/timeline`,
    );
    const entries = body.entries.filter(({ kind }) => kind === 'wait' || kind === 'order');
    assert.deepEqual(entries.map(({ text }) => text).toSorted(), [
      `no longer waits for earlier answers that are stuck: ${head.toHexString()}`,
      'waits: its turn',
    ]);
  });
});
