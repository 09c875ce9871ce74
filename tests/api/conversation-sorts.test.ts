import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ConversationRecord } from '../../src/inbox/conversations/use-cases.ts';
import { newId } from '../../src/platform/ids.ts';
import { addMember, codeOf, signUpAdmin, useMessagingApi, type Member } from '../support/messaging-api.ts';

const start = Date.parse('2026-11-23T09:00:00Z');
const at = (minutes: number): Date => new Date(start + minutes * 60_000);

describe('orders of the list of conversations', function () {
  this.timeout(30_000);
  const api = useMessagingApi('conversation_sorts');
  let admin: Member;
  let agent: Member;

  beforeEach(async () => {
    admin = await signUpAdmin(api());
    agent = await addMember(api(), admin);
  });

  async function add(fields: Partial<ConversationRecord> = {}): Promise<string> {
    const conversation: ConversationRecord = {
      ...{ _id: newId(), clientId: admin.clientId, leadId: newId(), contactId: newId(), channelId: newId() },
      ...{ status: 'open', lastMessageAt: at(0), unreadCount: 0, createdAt: at(0), version: 1, history: [] },
      ...fields,
    };
    await api().collection<ConversationRecord>('conversations').insertOne(conversation);
    return conversation._id.toHexString();
  }

  interface Listed {
    readonly ids: readonly string[];
    readonly next: string | null;
  }
  async function list(query: string): Promise<Listed> {
    const { status, body, text } = await agent.get(`/api/conversations?${query}`);
    assert.equal(status, 200, text);
    const items = body['items'] as { readonly id: string }[];
    return { ids: items.map(({ id }) => id), next: body['nextCursor'] as string | null };
  }
  async function pages(query: string, limit: number): Promise<readonly string[]> {
    const found: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const cursor: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`;
      const page: Listed = await list(`${query}&limit=${limit}${cursor}`);
      assert.ok(page.ids.length <= limit);
      found.push(...page.ids);
      next = page.next;
    }
    return found;
  }

  it('unread first › both parts latest first; pages of any size go on over the border', async () => {
    const unread = await Promise.all([1, 5, 3, 3].map((m) => add({ unreadCount: 1, lastMessageAt: at(m) })));
    const read = await Promise.all([9, 2, 2, 7].map((m) => add({ lastMessageAt: at(m) })));
    const whole = await list('sort=unread');
    assert.deepEqual(new Set(whole.ids.slice(0, 4)), new Set(unread));
    assert.deepEqual(new Set(whole.ids.slice(4)), new Set(read));
    assert.deepEqual([whole.ids[0], whole.ids[3]], [unread[1], unread[0]]);
    assert.deepEqual([whole.ids[4], whole.ids[5]], [read[0], read[3]]);
    for (const limit of [1, 2, 3, 4, 5, 7, 8])
      assert.deepEqual(await pages('sort=unread', limit), whole.ids, `${limit} a page`);
    assert.deepEqual(await pages('sort=unread&unread=true', 3), whole.ids.slice(0, 4));
  });

  it('a conversation is read between two pages › the rest of the list is whole', async () => {
    const [first, second] = [
      await add({ unreadCount: 1, lastMessageAt: at(5) }),
      await add({ unreadCount: 1 }),
    ];
    const read = await add({ lastMessageAt: at(1) });
    const { ids, next } = await list('sort=unread&limit=1');
    assert.deepEqual(ids, [first]);
    await api()
      .collection('conversations')
      .updateMany({ unreadCount: 1 }, { $set: { unreadCount: 0 } });
    const rest = await list(`sort=unread&cursor=${encodeURIComponent(String(next))}`);
    assert.ok([second, read].every((id) => rest.ids.includes(id)));
  });

  it('the longest wait first › only those in which the contact waits, with every filter, over pages', async () => {
    const [assignedAgentId, labelId, channelId] = [agent.userId, newId(), newId()];
    const waiting = [
      await add({ waitingSince: at(4), lastMessageAt: at(4) }),
      await add({ waitingSince: at(1), lastMessageAt: at(9), assignedAgentId }),
      await add({ waitingSince: at(2), status: 'pending', labels: [labelId] }),
      await add({ waitingSince: at(2), unreadCount: 1, channelId }),
    ] as const;
    await add({ lastMessageAt: at(20) });
    // As an earlier version closes it.
    await add({ waitingSince: at(0), status: 'closed', closedAt: at(1) });
    const order = [waiting[1], waiting[2], waiting[3], waiting[0]];
    assert.deepEqual(await pages('sort=waiting', 1), order);
    assert.deepEqual(await pages('sort=waiting', 3), order);
    const by: readonly (readonly [string, readonly string[]])[] = [
      ['status=pending', [waiting[2]]],
      ['status=closed', []],
      ['assignedAgentId=me', [waiting[1]]],
      ['assignedAgentId=none', [waiting[2], waiting[3], waiting[0]]],
      [`labelId=${labelId.toHexString()}`, [waiting[2]]],
      [`channelId=${channelId.toHexString()}`, [waiting[3]]],
      ['unread=true', [waiting[3]]],
      ['waiting=true', order],
      [`since=${encodeURIComponent(at(4).toISOString())}`, [waiting[1], waiting[0]]],
    ];
    for (const [query, expected] of by)
      assert.deepEqual(await pages(`sort=waiting&${query}`, 2), expected, query);
    assert.deepEqual(new Set((await list('waiting=true')).ids), new Set(order));
    const { body } = await agent.get('/api/conversations?waiting=true&limit=1');
    const [shown] = body['items'] as { waitingSince: string }[];
    assert.equal(shown?.waitingSince, at(1).toISOString());
    const view = await agent.post('/api/views', { name: 'Waiting', filter: { waiting: 'true' } });
    assert.deepEqual(view.body['filter'], { waiting: 'true' });
    const viewId = String(view.body['id']);
    const counts = await agent.get(`/api/views/counts?ids=${viewId}`);
    assert.deepEqual(counts.body['items'], [{ viewId, count: 4 }]);
  });

  it('a cursor of another order › refused', async () => {
    for (let minute = 0; minute < 3; minute += 1)
      await add({ waitingSince: at(minute), lastMessageAt: at(minute), unreadCount: 1 });
    for (const sort of ['recent', 'unread', 'waiting']) {
      const { next } = await list(`sort=${sort}&limit=1`);
      for (const other of ['recent', 'unread', 'waiting']) {
        if (other === sort) continue;
        const query = `sort=${other}&cursor=${encodeURIComponent(String(next))}`;
        assert.equal(codeOf(await agent.get(`/api/conversations?${query}`)), '400 invalid-input', query);
      }
    }
  });

  describe('changed since a time', () => {
    const since = async (time: Date): Promise<readonly string[]> =>
      (await list(`updatedSince=${encodeURIComponent(time.toISOString())}`)).ids;

    it('whatever changed › is listed, and nothing else is', async () => {
      const { core } = api().api;
      const label = await admin.post('/api/labels', { name: 'Refund', colour: '#dc2626' });
      const change: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
        status: (id) => agent.patch(`/api/conversations/${id}`, { status: 'pending' }),
        assignment: (id) =>
          agent.post(`/api/conversations/${id}/assign`, { agentId: agent.userId.toHexString() }),
        label: (id) => agent.put(`/api/conversations/${id}/labels`, { labels: [label.body['id']] }),
        snooze: (id) => agent.post(`/api/conversations/${id}/snooze`, { untilReply: true }),
        read: (id) => agent.post(`/api/conversations/${id}/read`, {}),
        message: async (id) => {
          const found = await api()
            .collection<ConversationRecord>('conversations')
            .findOne({ clientId: admin.clientId, _id: new Types.ObjectId(id) });
          assert.ok(found);
          await core.conversations.moveUp({ clientId: admin.clientId }, found._id, at(1));
        },
      };
      const ids = new Map<string, string>();
      for (const kind of Object.keys(change))
        ids.set(kind, await add({ unreadCount: 1, lastArrival: 1, changedAt: at(0) }));
      await add({ changedAt: at(0) });
      for (const [kind, id] of ids) {
        const before = new Date();
        await change[kind]?.(id);
        assert.deepEqual(await since(before), [id], kind);
      }
      assert.equal((await since(at(0))).length, ids.size + 1);
      const query = `updatedSince=${encodeURIComponent(at(1).toISOString())}&status=pending`;
      assert.deepEqual(new Set(await pages(query, 1)), new Set([ids.get('status'), ids.get('snooze')]));
      assert.deepEqual(await pages(`${query}&sort=waiting`, 1), []);
      assert.equal((await pages(`${query}&sort=unread`, 1)).length, 2);
    });
  });
});
