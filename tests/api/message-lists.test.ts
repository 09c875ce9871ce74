import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { MessageListItemView } from '../../src/sending/messages/list-schemas.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { buildMessage } from '../support/messages.ts';

interface Page {
  readonly items: readonly MessageListItemView[];
  readonly nextCursor: string | null;
  readonly newerCursor: string | null;
}

describe('api › messages that a screen lists', function () {
  this.timeout(60_000);
  const api = useApi('message-lists');
  let user: CrmUser;

  beforeEach(async () => {
    user = await api().signUp();
  });

  const messages = () => api().collection<MessageDoc>('messages');

  async function list(query: string): Promise<Page> {
    const answer = await user.call<Page>(`/api/messages?${query}`);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  }
  const idsOf = ({ items }: Page): string[] => items.map(({ id }) => id);

  /** Stored messages of the user's client, a second apart, oldest first. */
  async function store(count: number, changes: (index: number) => Partial<MessageDoc>): Promise<string[]> {
    const clientId = new Types.ObjectId(user.clientId);
    const docs = Array.from({ length: count }, (_value, index) =>
      buildMessage({
        ...{ clientId, timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, index)) },
        ...changes(index),
      }),
    );
    await messages().insertMany(docs);
    return docs.map(({ _id }) => _id.toHexString());
  }

  it('several statuses, separated by commas › messages with one of them, newest first', async () => {
    const statuses = ['queued', 'failed', 'read', 'failed'] as const;
    const [queued, failed, , again] = await store(4, (index) => ({ status: statuses[index] ?? 'queued' }));
    assert.deepEqual(idsOf(await list('status=failed,queued,failed')), [again, failed, queued]);
    for (const wrong of ['failed,', 'failed,lost', ',', Array(12).fill('failed').join()]) {
      const answer = await user.call<{ errors: { path: string }[] }>(`/api/messages?status=${wrong}`);
      assert.equal(answer.status, 400, wrong);
      assert.match(answer.body.errors[0]?.path ?? '', /^query\.status/);
    }
  });

  it('a contact with closed conversations and two channels › one thread', async () => {
    const contactId = new Types.ObjectId();
    const ids = await store(3, () => ({ contactId, conversationId: new Types.ObjectId() }));
    await store(2, () => ({}));
    assert.deepEqual(idsOf(await list(`contactId=${contactId.toHexString()}`)), ids.toReversed());
  });

  it('direction, template and time › only those', async () => {
    const [, second, third] = await store(3, (index) => ({
      direction: index === 1 ? 'inbound' : 'outbound',
      templateName: index === 2 ? 'order_update' : 'hello_world',
    }));
    assert.deepEqual(idsOf(await list('direction=inbound')), [second]);
    assert.deepEqual(idsOf(await list('templateName=order_update')), [third]);
    assert.deepEqual(idsOf(await list('since=2026-01-01T00:00:01Z')), [third, second]);
    assert.deepEqual(idsOf(await list('since=2026-01-01T00:00:01Z&direction=outbound')), [third]);
  });

  it('the first time of each status › beside the message, in the list and alone', async () => {
    const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 12, 0, second));
    const entry = (status: string, second: number) => ({
      ...{ key: `${status}:${second}`, status, timestamp: at(second) },
    });
    const [id] = await store(1, () => ({
      status: 'read',
      statusHistory: [entry('queued', 0), entry('sent', 1), entry('read', 9), entry('read', 5)],
    }));
    const expected = {
      sentAt: at(1).toISOString(),
      deliveredAt: at(5).toISOString(),
      readAt: at(5).toISOString(),
    };
    const [item] = (await list('')).items;
    for (const shown of [item, await user.getMessage(id ?? '')]) {
      assert.ok(shown !== undefined);
      const { sentAt, deliveredAt, readAt } = shown;
      assert.deepEqual({ sentAt, deliveredAt, readAt }, expected);
    }
  });

  describe('the page around a message', () => {
    it('in the middle of a long thread › half newer, the message, then older; cursors lead on both ways', async () => {
      const conversationId = new Types.ObjectId();
      const ids = await store(11, () => ({ conversationId }));
      await store(5, () => ({}));
      const newestFirst = ids.toReversed();
      const thread = `conversationId=${conversationId.toHexString()}`;
      const page = await list(`${thread}&limit=4&around=${ids[5]}`);
      assert.deepEqual(idsOf(page), newestFirst.slice(3, 7));
      const older = await list(`${thread}&limit=4&cursor=${page.nextCursor}`);
      assert.deepEqual(idsOf(older), newestFirst.slice(7));
      assert.equal(older.nextCursor, null);
      const newer = await list(`${thread}&limit=2&sort=oldest&cursor=${page.newerCursor}`);
      assert.deepEqual(idsOf(newer), [ids[8], ids[9]]);
      const newest = await list(`${thread}&limit=2&sort=oldest&cursor=${newer.newerCursor}`);
      assert.deepEqual([idsOf(newest), newest.nextCursor], [[ids[10]], null]);
      const none = await list(`${thread}&sort=oldest&cursor=${newest.newerCursor}`);
      assert.deepEqual([idsOf(none), none.newerCursor], [[], newest.newerCursor]);
    });

    it('every message and every size of page, with equal times › that message is in it, in the order of the list', async () => {
      const conversationId = new Types.ObjectId();
      const timestamp = new Date('2026-01-01T00:00:00Z');
      const ids = await store(5, (index) => ({ conversationId, ...(index < 4 ? { timestamp } : {}) }));
      const thread = `conversationId=${conversationId.toHexString()}`;
      const all = idsOf(await list(thread)).join();
      for (const id of ids) {
        for (const limit of [1, 2, 3, 5, 9]) {
          const page = idsOf(await list(`${thread}&limit=${limit}&around=${id}`));
          assert.ok(page.includes(id) && page.length <= limit && all.includes(page.join()), `${id} ${limit}`);
        }
      }
    });

    it('of another conversation or another client › 404; with a cursor or an order › 400', async () => {
      const { id } = await user.send({ to: phoneEndingIn('01') });
      const other = new Types.ObjectId().toHexString();
      const status = async (query: string) => (await user.call(`/api/messages?${query}`)).status;
      assert.equal(await status(`around=${id}`), 200);
      assert.equal(await status(`around=${id}&conversationId=${other}`), 404);
      const stranger = await api().signUp();
      const { status: foreign } = await stranger.call(`/api/messages?around=${id}`);
      assert.equal(foreign, 404);
      assert.equal(await status(`around=${id}&sort=oldest`), 400);
      const { newerCursor } = await list('limit=1');
      assert.equal(await status(`around=${id}&cursor=${newerCursor}`), 400);
    });
  });

  it('asked again with its ETag › 304 until a message comes', async () => {
    await user.send({ to: phoneEndingIn('01') });
    const ask = (etag: string) => user.call('/api/messages', { headers: { 'If-None-Match': etag } });
    const first = await user.call('/api/messages');
    const etag = first.headers.get('etag') ?? '';
    const again = await ask(etag);
    assert.deepEqual(
      { status: again.status, body: again.body, etag: again.headers.get('etag') },
      { status: 304, body: {}, etag },
    );
    assert.equal((await ask(`W/"other", ${etag}`)).status, 304);
    assert.equal((await (await api().signUp()).call('/api/messages')).headers.get('etag') === etag, false);
    await user.send({ to: phoneEndingIn('01') });
    const changed = await ask(etag);
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get('etag'), etag);
  });

  it('a client without messages › no cursors', async () => {
    assert.deepEqual(await list('sort=oldest'), { items: [], nextCursor: null, newerCursor: null });
  });
});
