import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ConversationView } from '../../src/inbox/conversations/schemas.ts';
import { useApi } from '../support/api.ts';
import { addColleague, type Colleague } from '../support/colleagues.ts';
import { threadsOf } from '../support/coexistence.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { databaseOf, migrationOf } from '../support/migrations.ts';
import { hear } from '../support/talk.ts';

const hourMs = 3_600_000;
const missing = '0123456789abcdef01234567';

interface SeenPage {
  readonly items: readonly {
    readonly userId: string;
    readonly name: string;
    readonly lastSeenMessageId: string;
  }[];
  readonly nextCursor: string | null;
}

describe('api › reading a conversation', function () {
  this.timeout(60_000);
  const api = useApi('reading');
  let user: CrmUser;
  let colleague: Colleague;
  let phone: string;

  beforeEach(async () => {
    user = await api().signUp();
    colleague = await addColleague(api(), user);
    phone = phoneEndingIn('01');
  });

  const say = (agoMs = 0, fields?: object) =>
    hear(api(), user, phone, { agoMs, ...(fields === undefined ? {} : { fields }) });
  const sayMany = async (count: number): Promise<string[]> => {
    const ids = [];
    for (let index = 0; index < count; index += 1) ids.push(await say());
    return ids;
  };
  async function only(): Promise<string> {
    const [thread] = await threadsOf(user);
    return thread?.id ?? assert.fail('no conversation');
  }
  async function mark(verb: 'read' | 'unread', messageId?: string, token = user.token) {
    const path = `/api/conversations/${await only()}/${verb}`;
    const body = messageId === undefined ? {} : { body: { messageId } };
    return user.call<ConversationView>(path, { method: 'POST', token, ...body });
  }
  const unreadAfter = async (verb: 'read' | 'unread', messageId?: string): Promise<number> => {
    const { status, body } = await mark(verb, messageId);
    assert.equal(status, 200, JSON.stringify(body));
    return body.unreadCount;
  };
  const shown = async () => (await threadsOf(user))[0]?.unreadCount;
  const listed = async () => (await threadsOf(user, '?unread=true')).length;
  const counted = async () => {
    const { body } = await user.call<{ unread: number }>('/api/conversations/counts');
    return body.unread;
  };

  describe('read', () => {
    it('nothing named › all is read, audited once, the version stays', async () => {
      await sayMany(3);
      assert.deepEqual([await shown(), await listed(), await counted()], [3, 1, 1]);
      for (let times = 0; times < 2; times += 1) {
        const { body, headers } = await mark('read');
        assert.deepEqual([body.unreadCount, headers.get('etag')], [0, '"1"']);
      }
      assert.deepEqual([await shown(), await listed(), await counted()], [0, 0, 0]);
      const events = await api().auditOf(await only());
      assert.deepEqual(
        events.map(({ action, before, after }) => [action, before, after]),
        [['conversation.read', { unreadCount: 3 }, { unreadCount: 0 }]],
      );
    });

    it('up to a message › the later ones stay unread; an older one changes nothing', async () => {
      const [first, second] = await sayMany(3);
      assert.equal(await unreadAfter('read', second), 1);
      assert.equal(await unreadAfter('read', first), 1);
      assert.deepEqual([await shown(), await listed()], [1, 1]);
    });

    it('a message from before arrives after the reading › unread, though WhatsApp dates it earlier', async () => {
      await say();
      const seen = await say();
      assert.equal(await unreadAfter('read', seen), 0);
      await say(2 * hourMs, { text: { body: 'late' } });
      assert.deepEqual([await shown(), await listed()], [1, 1]);
      assert.equal(await unreadAfter('read', seen), 1, 'whoever saw the other one has not seen this one');
      assert.equal(await unreadAfter('read'), 0);
    });

    it('messages while it is marked › each is unread or was there to be read; the count is never wrong', async () => {
      await say();
      const id = await only();
      await Promise.all([mark('read'), ...Array.from({ length: 5 }, () => say())]);
      const stored = await api()
        .collection<{ readUpTo?: number; lastArrival: number; unreadCount: number }>('conversations')
        .findOne({ _id: new Types.ObjectId(id) });
      const { readUpTo = 0, lastArrival = 0, unreadCount = 0 } = stored ?? {};
      assert.equal(lastArrival, 6);
      assert.equal(await shown(), lastArrival - readUpTo);
      assert.equal(unreadCount > 0, readUpTo < lastArrival);
    });

    it('our own answer as the last message seen › what arrived before it is read', async () => {
      await say();
      const answer = await user.call<{ id: string }>('/api/messages', {
        body: { conversationId: await only(), content: { type: 'text', body: 'Yes' } },
      });
      assert.equal(answer.status, 201);
      await say();
      assert.equal(await unreadAfter('read', answer.body.id), 1);
    });

    it('more than a hundred › shown as a hundred, and read at once', async () => {
      const messages = api().collection('messages');
      const first = await say();
      const stored = await messages.findOne({ _id: new Types.ObjectId(first) });
      assert.ok(stored !== null);
      const copies = Array.from({ length: 149 }, (_value, index) => {
        const copy = { ...stored, _id: new Types.ObjectId(), arrival: index + 2, ordinal: index + 2 };
        return { ...copy, providerMessageId: `${String(stored['providerMessageId'])}-${index}` };
      });
      await messages.insertMany(copies);
      await api()
        .collection('conversations')
        .updateOne({ _id: new Types.ObjectId(await only()) }, { $set: { lastArrival: 150 } });
      assert.equal(await shown(), 100);
      assert.equal(await unreadAfter('read', first), 100);
      assert.equal(await unreadAfter('read', copies[99]?._id.toHexString()), 49);
      assert.equal(await unreadAfter('read'), 0);
    });

    it('a message of another conversation, or none › 404, and nothing changes', async () => {
      await say();
      const id = await only();
      const elsewhere = await hear(api(), user, phoneEndingIn('02'));
      for (const verb of ['read', 'unread'])
        for (const messageId of [elsewhere, missing]) {
          const path = `/api/conversations/${id}/${verb}`;
          const answer = await user.call<{ code: string }>(path, { body: { messageId } });
          assert.deepEqual([answer.status, answer.body.code], [404, 'not-found']);
        }
      const { body } = await user.call<ConversationView>(`/api/conversations/${id}`);
      assert.deepEqual([body.unreadCount, body.seenByMe], [1, null]);
    });
  });

  describe('unread', () => {
    it('nothing named › the last message of the contact; audited, and repeating changes nothing', async () => {
      await sayMany(3);
      await mark('read');
      assert.equal(await unreadAfter('unread'), 1);
      assert.equal(await unreadAfter('unread'), 1);
      assert.deepEqual([await listed(), await counted()], [1, 1]);
      const actions = (await api().auditOf(await only())).map(({ action }) => action);
      assert.deepEqual(actions, ['conversation.read', 'conversation.unread']);
    });

    it('from a message on › it and the later ones; those that were unread before it stay so', async () => {
      const [first, second] = await sayMany(3);
      await mark('read');
      assert.equal(await unreadAfter('unread', second), 2);
      assert.equal(await unreadAfter('unread', first), 3);
      assert.equal(await unreadAfter('unread', second), 3);
    });

    it('nothing but our own messages › nothing is unread', async () => {
      await user.send({ to: phone });
      assert.equal(await unreadAfter('unread'), 0);
    });
  });

  describe('data of earlier versions', () => {
    const asStoredBefore = async (unreadCount: number): Promise<void> => {
      await api()
        .collection('messages')
        .updateMany({}, { $unset: { arrival: 1, afterArrival: 1, ordinal: 1 } });
      const earlier = { $set: { unreadCount }, $unset: { lastArrival: 1, lastOrdinal: 1, readUpTo: 1 } };
      await api().collection('conversations').updateMany({}, earlier);
    };

    const migrate = async (): Promise<void> => (await migrationOf('0046-reading.js'))(databaseOf(api()));

    it('unread messages › the migration keeps their number, also when it runs twice; new ones add to it', async () => {
      const [, , third] = await sayMany(3);
      await asStoredBefore(2);
      await migrate();
      await migrate();
      assert.equal(await shown(), 2);
      await say();
      assert.equal(await shown(), 3);
      assert.equal(await unreadAfter('read', third), 1);
      assert.equal(await unreadAfter('read'), 0);
    });

    it('a conversation that was read › can be marked unread from any message on', async () => {
      const [first, second] = await sayMany(3);
      await asStoredBefore(0);
      await migrate();
      assert.equal(await shown(), 0);
      assert.equal(await unreadAfter('unread'), 1);
      assert.equal(await unreadAfter('unread', second), 2);
      assert.equal(await unreadAfter('unread', first), 3);
      assert.equal(await unreadAfter('read', second), 1);
      await say();
      assert.equal(await shown(), 2);
      assert.equal(await unreadAfter('read'), 0);
    });

    it('the earlier version beside this one takes a message in › unread until it is read', async () => {
      await sayMany(1);
      await mark('read');
      await api()
        .collection('conversations')
        .updateMany({}, { $inc: { unreadCount: 2 } });
      assert.deepEqual([await shown(), await listed()], [1, 1]);
      assert.equal(await unreadAfter('read'), 0);
      assert.equal(await listed(), 0);
    });
  });

  describe('who has seen what', () => {
    const seenPage = async (query = '') => {
      const path = `/api/conversations/${await only()}/seen${query}`;
      return (await user.call<SeenPage>(path)).body;
    };

    it('two read up to different messages › each has their own mark, and an older one lowers none', async () => {
      const [first, second] = await sayMany(2);
      assert.equal((await mark('read', second)).body.seenByMe, second);
      const theirs = await mark('read', first, colleague.token);
      assert.equal(theirs.body.seenByMe, first);
      assert.equal((await mark('read', first)).body.seenByMe, second, 'an older one');
      const { items, nextCursor } = await seenPage();
      assert.equal(nextCursor, null);
      assert.deepEqual(
        new Map(items.map(({ userId, lastSeenMessageId }) => [userId, lastSeenMessageId])),
        new Map([
          [user.userId, second],
          [colleague.userId, first],
        ]),
      );
      assert.equal(items.find(({ userId }) => userId === user.userId)?.name, 'Test Admin');
      assert.equal((await threadsOf(user))[0]?.seenByMe, second, 'in lists too');
    });

    it('reading at once in two windows › one mark', async () => {
      await sayMany(3);
      const answers = await Promise.all(Array.from({ length: 6 }, () => mark('read')));
      assert.ok(answers.every(({ status }) => status === 200));
      assert.equal((await seenPage()).items.length, 1);
    });

    it('a message that arrives late › newer than what was seen before it', async () => {
      const seen = await say();
      await mark('read', seen);
      const late = await say(2 * hourMs);
      assert.equal((await mark('read', late)).body.seenByMe, late);
      assert.equal((await mark('read', seen)).body.seenByMe, late);
    });

    it('unread again › one’s own mark stays', async () => {
      const seen = await say();
      await mark('read');
      assert.equal((await mark('unread')).body.seenByMe, seen);
    });

    it('the list › has a second page', async () => {
      await say();
      await mark('read');
      await mark('read', undefined, colleague.token);
      const first = await seenPage('?limit=1');
      const second = await seenPage(`?limit=1&cursor=${encodeURIComponent(first.nextCursor ?? '')}`);
      const ids = [...first.items, ...second.items].map(({ userId }) => userId);
      assert.deepEqual(ids, [user.userId, colleague.userId].toSorted());
      assert.equal(second.nextCursor, null);
    });
  });
});
