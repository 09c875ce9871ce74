import assert from 'node:assert/strict';
import type { mongo } from 'mongoose';
import type { ConversationRecord } from '../../src/inbox/conversations/use-cases.ts';
import { newId } from '../../src/platform/ids.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { buildMessage } from '../support/messages.ts';
import { addMember, signUpAdmin, useMessagingApi, type Member } from '../support/messaging-api.ts';

interface Row {
  readonly id: string;
  readonly lastMessage: Readonly<Record<string, unknown>> | null;
}

const start = Date.parse('2026-11-23T09:00:00Z');
const at = (minutes: number): Date => new Date(start + minutes * 60_000);

describe('lists of conversations for a screen', () => {
  const api = useMessagingApi('conversation_lists');
  let admin: Member;
  let agent: Member;

  beforeEach(async function () {
    this.timeout(20_000);
    admin = await signUpAdmin(api());
    agent = await addMember(api(), admin);
  });

  async function addConversation(fields: Partial<ConversationRecord> = {}): Promise<ConversationRecord> {
    const conversation: ConversationRecord = {
      ...{ _id: newId(), clientId: admin.clientId, leadId: newId(), contactId: newId(), channelId: newId() },
      ...{ status: 'open', lastMessageAt: at(0), unreadCount: 0, createdAt: at(0), version: 1, history: [] },
      ...fields,
    };
    await api().collection<ConversationRecord>('conversations').insertOne(conversation);
    return conversation;
  }

  const addMessage = (conversation: ConversationRecord, fields: Partial<MessageDoc>) =>
    api()
      .collection<MessageDoc>('messages')
      .insertOne(
        buildMessage({
          ...{ clientId: conversation.clientId, conversationId: conversation._id },
          ...fields,
        }) as mongo.OptionalUnlessRequiredId<MessageDoc>,
      );

  async function rowsOf(query: string, who = agent): Promise<readonly Row[]> {
    const answer = await who.get(`/api/conversations?${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body['items'] as Row[];
  }
  const idsOf = async (query: string): Promise<string[]> => (await rowsOf(query)).map(({ id }) => id);
  const idOf = ({ _id }: ConversationRecord): string => _id.toHexString();

  it('the latest message of each › direction, kind, state and the beginning of its text', async () => {
    const written = await addConversation({ lastMessageAt: at(9) });
    await addMessage(written, { timestamp: at(1) });
    const inbound = { direction: 'inbound', senderType: 'contact', messageType: 'image' } as const;
    const { insertedId } = await addMessage(written, {
      ...{ ...inbound, status: 'received', timestamp: at(9) },
      content: { text: `Here\nit is ${'x'.repeat(200)}` },
    });
    const sent = await addConversation({ lastMessageAt: at(5) });
    await addMessage(sent, { timestamp: at(5), status: 'delivered' });
    const empty = await addConversation({ lastMessageAt: at(1) });
    const rows = await rowsOf('status=open');
    assert.deepEqual(
      rows.map(({ id }) => id),
      [written, sent, empty].map(idOf),
    );
    assert.deepEqual(rows[0]?.lastMessage, {
      ...{ ...inbound, id: insertedId.toHexString(), status: 'received' },
      ...{ text: `Here it is ${'x'.repeat(149)}…`, timestamp: '2026-11-23T09:09:00.000Z' },
    });
    const { direction, status, text } = rows[1]?.lastMessage ?? {};
    assert.deepEqual([direction, status, text], ['outbound', 'delivered', 'Hello World']);
    assert.equal(rows[2]?.lastMessage, null);
  });

  it('a message that was taken back › its text is not shown', async () => {
    const conversation = await addConversation();
    await addMessage(conversation, { timestamp: at(0), revokedAt: at(1) });
    assert.equal((await rowsOf('status=open'))[0]?.lastMessage?.['text'], null);
  });

  it('several statuses, a channel, a time › exactly what fits, also over pages', async () => {
    const channelId = newId();
    const open = await addConversation({ channelId, lastMessageAt: at(5) });
    const pending = await addConversation({ channelId, status: 'pending', lastMessageAt: at(4) });
    const closed = await addConversation({ channelId, status: 'closed', lastMessageAt: at(3) });
    const elsewhere = await addConversation({ lastMessageAt: at(2) });
    assert.deepEqual(await idsOf('status=open,pending'), [open, pending, elsewhere].map(idOf));
    assert.deepEqual(await idsOf(`channelId=${channelId.toHexString()}`), [open, pending, closed].map(idOf));
    const since = `since=${encodeURIComponent(at(4).toISOString())}`;
    assert.deepEqual(await idsOf(since), [open, pending].map(idOf));
    const first = await agent.get(`/api/conversations?${since}&limit=1`);
    const next = encodeURIComponent(String(first.body['nextCursor']));
    assert.deepEqual(await idsOf(`${since}&limit=1&cursor=${next}`), [idOf(pending)]);
  });

  it('counts of the views › as long as the lists that they name', async () => {
    const assignedAgentId = agent.userId;
    await addConversation({ unreadCount: 2, waitingSince: at(0) });
    await addConversation({ assignedAgentId, unreadCount: 1, status: 'pending' });
    await addConversation({ assignedAgentId, breachedAt: at(0) });
    await addConversation({ assignedAgentId, status: 'pending', snooze: { until: null } });
    await addConversation({ status: 'closed', unreadCount: 1 });
    await addConversation({ assignedAgentId, status: 'closed' });
    const stranger = await signUpAdmin(api());
    await addConversation({ clientId: stranger.clientId, unreadCount: 1 });
    const counts: Readonly<Record<string, unknown>> = (await agent.get('/api/conversations/counts')).body;
    assert.deepEqual(
      { ...counts },
      {
        ...{ open: 2, pending: 2, unread: 3, mine: 3, unassigned: 1, breached: 1, snoozed: 1, waiting: 1 },
      },
    );
    const views = {
      ...{ open: 'status=open', pending: 'status=pending', unread: 'unread=true', breached: 'breached=true' },
      ...{ snoozed: 'snoozed=true', waiting: 'waiting=true' },
      mine: `status=open,pending&assignedAgentId=${assignedAgentId.toHexString()}`,
      unassigned: 'status=open,pending&assignedAgentId=none',
    };
    for (const [view, query] of Object.entries(views))
      assert.equal((await idsOf(query)).length, counts[view], view);
  });

  it('a page of fifty conversations with hundreds of messages › reads one message of each', async () => {
    const conversations = await Promise.all(Array.from({ length: 50 }, () => addConversation()));
    const messages = conversations.flatMap(({ _id, clientId }) =>
      Array.from({ length: 200 }, (_value, index) =>
        buildMessage({ clientId, conversationId: _id, timestamp: at(index) }),
      ),
    );
    await api().collection<MessageDoc>('messages').insertMany(messages);
    const ids = conversations.map(({ _id }) => _id);
    const db = api().connection.db;
    assert.ok(db);
    await db.command({ profile: 2 });
    assert.equal((await rowsOf('limit=50&status=open')).length, 50);
    await db.command({ profile: 0 });
    const profiled = await api()
      .collection('system.profile')
      .find({ ns: /\.messages$/, 'command.aggregate': 'messages' })
      .toArray();
    const [read, ...others] = profiled.filter(({ command }) =>
      JSON.stringify(command).includes(String(ids[0])),
    );
    assert.ok(read !== undefined && others.length === 0, 'one query reads them all');
    assert.ok(Number(read['docsExamined']) <= 50, `${read['docsExamined']} documents`);
    assert.ok(Number(read['keysExamined']) <= 100, `${read['keysExamined']} keys`);
  });
});
