import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ChannelView } from '../../src/channels/schemas.ts';
import type { MessageListItemView } from '../../src/sending/messages/list-schemas.ts';
import type { MessageDoc } from '../../src/sending/messages/store/repository.ts';
import type { TemplateView } from '../../src/templates/schemas.ts';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { inDays } from '../support/times.ts';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

describe('api › lists', function () {
  this.timeout(60_000);
  const api = useApi('lists');
  let user: CrmUser;

  beforeEach(async () => {
    user = await api().signUp();
  });

  async function getPage<Item>(owner: CrmUser, path: string): Promise<Page<Item>> {
    const answer = await owner.call<Page<Item>>(path);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  }

  /** Walks from the first page to the last. */
  async function walk<Item>(owner: CrmUser, path: string, limit: number): Promise<readonly Item[][]> {
    const pages: Item[][] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const start: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page: Page<Item> = await getPage<Item>(owner, `${path}?limit=${limit}${start}`);
      pages.push([...page.items]);
      cursor = page.nextCursor;
    }
    return pages;
  }

  describe('messages', () => {
    it('pages › newest first, each message once, even with equal times', async () => {
      const sent: MessageJson[] = [];
      for (let index = 0; index < 7; index += 1) sent.push(await user.send({ to: phoneEndingIn('01') }));
      await api()
        .collection<MessageDoc>('messages')
        .updateMany(
          { _id: { $in: sent.slice(2, 5).map(({ id }) => new Types.ObjectId(id)) } },
          { $set: { timestamp: new Date('2026-01-01T00:00:00Z') } },
        );
      const pages = await walk<MessageJson>(user, '/api/messages', 2);
      assert.deepEqual(
        pages.map((page) => page.length),
        [2, 2, 2, 1],
      );
      const seen = pages.flat();
      assert.deepEqual(seen.map(({ id }) => id).toSorted(), sent.map(({ id }) => id).toSorted());
      const order = seen.map(({ timestamp, id }) => `${timestamp} ${id}`);
      assert.deepEqual(order, order.toSorted().toReversed());
    });

    it('a message that arrives between two pages › moves none of the others', async () => {
      const first = await user.send({ to: phoneEndingIn('01') });
      const second = await user.send({ to: phoneEndingIn('01') });
      const page = await getPage<MessageJson>(user, '/api/messages?limit=1');
      assert.deepEqual(
        page.items.map(({ id }) => id),
        [second.id],
      );
      await user.send({ to: phoneEndingIn('01') });
      const next = await getPage<MessageJson>(user, `/api/messages?limit=1&cursor=${page.nextCursor}`);
      assert.deepEqual(
        next.items.map(({ id }) => id),
        [first.id],
      );
      assert.equal(next.nextCursor, null);
    });

    it('an item › why it waits, its contact and its sender, but no history', async () => {
      const { id } = await user.send({ to: phoneEndingIn('01') });
      const page = await getPage<MessageJson>(user, '/api/messages');
      assert.ok(page.items[0] !== undefined && !('statusHistory' in page.items[0]));
      const message = await user.getMessage(id);
      assert.deepEqual(
        message.statusHistory.map(({ status }) => status),
        ['queued'],
      );
      const { statusHistory: _history, ...single } = message;
      const onlySingle = ['participants', 'playedAt', 'pricing', 'source', 'versions'];
      const others = Object.fromEntries(
        Object.entries(single).filter(([name]) => !onlySingle.includes(name)),
      );
      const { contact, senderName, match, ...item } = page.items[0] as MessageListItemView;
      assert.equal(match, null, 'nothing was searched for');
      assert.equal(item.waitingFor?.gate, 'queue');
      assert.deepEqual(item, others);
      assert.deepEqual(
        { contact, senderName },
        {
          contact: { id: message.contactId, name: null, phoneNumber: message.to, username: null },
          senderName: 'Test Admin',
        },
      );
    });

    it('by conversation and status › only those', async () => {
      const mine = await user.send({ to: phoneEndingIn('01') });
      const later = await user.send({ to: phoneEndingIn('02'), sendAt: inDays(30) });
      const ids = async (query: string) =>
        (await getPage<MessageJson>(user, `/api/messages?${query}`)).items.map(({ id }) => id);
      assert.deepEqual(await ids(`conversationId=${mine.conversationId}`), [mine.id]);
      assert.deepEqual(await ids('status=scheduled'), [later.id]);
      assert.deepEqual(await ids(`conversationId=${mine.conversationId}&status=scheduled`), []);
      assert.deepEqual(await ids('status=unknown'), []);
    });

    it('a cursor of another list › 400', async () => {
      const page = await getPage<TemplateView>(user, '/api/templates?limit=1');
      const answer = await user.call(`/api/messages?cursor=${page.nextCursor}`);
      assert.equal(answer.status, 400);
    });
  });

  describe('templates', () => {
    it('a new client › the three initial ones, by name, with the variables that a send needs', async () => {
      const { items, nextCursor } = await getPage<TemplateView>(user, '/api/templates');
      assert.deepEqual(
        items.map(({ name, language, status, variables: { header, body, buttons } }) => [
          ...[name, language, status, { header, body, buttons }],
        ]),
        [
          [
            'appointment_reminder',
            'en_US',
            'approved',
            { header: ['customer'], body: ['customer', 'date', 'time'], buttons: [] },
          ],
          ['hello_world', 'en_US', 'approved', { header: [], body: [], buttons: [] }],
          ['order_update', 'en_US', 'approved', { header: [], body: ['1', '2'], buttons: [] }],
        ],
      );
      assert.equal(nextCursor, null);
      assert.ok(items.every(({ channelId }) => channelId === user.channelId));
    });

    it('pages and filters › each once, only those', async () => {
      const pages = await walk<TemplateView>(user, '/api/templates', 2);
      assert.deepEqual(
        pages.map((page) => page.map(({ name }) => name)),
        [['appointment_reminder', 'hello_world'], ['order_update']],
      );
      const none = await getPage<TemplateView>(user, '/api/templates?status=rejected');
      assert.deepEqual(none.items, []);
      const ofChannel = await getPage<TemplateView>(
        user,
        `/api/templates?channelId=${user.channelId}&status=approved`,
      );
      assert.equal(ofChannel.items.length, 3);
    });
  });

  describe('channels', () => {
    it('a new client › its sandbox channel; nothing secret is shown', async () => {
      const { items } = await getPage<ChannelView>(user, '/api/channels');
      assert.equal(items.length, 1);
      assert.deepEqual(Object.keys(items[0] ?? {}).toSorted(), [
        'createdAt',
        'displayNumber',
        'hasAppSecret',
        'id',
        'messagingLimit',
        'notices',
        'numberMismatch',
        'ownership',
        'pause',
        'phoneNumberId',
        'portfolioId',
        'restriction',
        'sendsPerSecond',
        'state',
        'stateReason',
        'throughput',
        'verification',
        'wabaId',
      ]);
      assert.deepEqual([items[0]?.state, items[0]?.stateReason], ['active', null]);
    });

    it('pages › oldest first, each once', async () => {
      const channels = api().collection('channels');
      const source = await channels.findOne({ _id: new Types.ObjectId(user.channelId) });
      assert.ok(source !== null);
      const more = Array.from({ length: 4 }, (_value, index) => {
        const _id = new Types.ObjectId();
        const phoneNumberId = `p-${_id.toHexString()}`;
        return { ...source, _id, place: index + 1, phoneNumberId, webhookKeyHash: _id.toHexString() };
      });
      await channels.insertMany(more);
      const pages = await walk<ChannelView>(user, '/api/channels', 2);
      assert.deepEqual(
        pages.map((page) => page.length),
        [2, 2, 1],
      );
      assert.deepEqual(
        pages.flat().map(({ id }) => id),
        [user.channelId, ...more.map(({ _id }) => _id.toHexString())],
      );
    });
  });
});
