import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ConversationRecord } from '../../src/inbox/conversations/use-cases.ts';
import { issuePaths } from '../support/http.ts';
import {
  addMember,
  codeOf,
  ifMatch,
  signUpAdmin,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';

interface Notification {
  readonly id: string;
  readonly noteId: string;
  readonly byUserId: string;
  readonly readAt: string | null;
}

const start = new Date('2026-11-23T09:00:00Z');

describe('notes', function () {
  this.timeout(60_000);
  const api = useMessagingApi('notes');
  let admin: Member;
  let agent: Member;
  let stranger: Member;
  let conversationId: string;

  before(async () => {
    [admin, stranger] = await Promise.all([signUpAdmin(api()), signUpAdmin(api())]);
    agent = await addMember(api(), admin);
    conversationId = await addConversation();
  });

  const conversations = () => api().collection<ConversationRecord>('conversations');

  async function addConversation(): Promise<string> {
    const { insertedId } = await conversations().insertOne({
      ...{ _id: new Types.ObjectId(), clientId: admin.clientId, leadId: new Types.ObjectId() },
      ...{ contactId: new Types.ObjectId(), channelId: new Types.ObjectId(), status: 'open' },
      ...{ lastMessageAt: start, windowExpiresAt: start, unreadCount: 3, createdAt: start },
      ...{ version: 1, history: [] },
    });
    return insertedId.toHexString();
  }

  const mentioning = (...users: readonly Member[]) => {
    const mentions = users.map(({ userId }) => userId.toHexString());
    return { body: `Please look, ${mentions.map((id) => `@[${id}]`).join(' ')}`, mentions };
  };
  const post = (by: Member, fields: object) => by.post('/api/notes', { conversationId, ...fields });

  async function make(by: Member, fields: object = { body: 'She paid twice.' }) {
    const answer = await post(by, fields);
    assert.equal(answer.status, 201, answer.text);
    const id = String(answer.body['id']);
    return { answer, id, path: `/api/notes/${id}` };
  }

  async function notificationsOf(who: Member, query = ''): Promise<Notification[]> {
    const answer = await who.get(`/api/notifications?${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body['items'] as Notification[];
  }

  const unreadOf = async (who: Member) => (await who.get('/api/notifications/unread')).body['unreadCount'];

  it('create › colleagues read it, and the conversation is as it was', async () => {
    const before = await conversations().findOne({ _id: new Types.ObjectId(conversationId) });
    const { answer, path } = await make(agent, { body: 'Two lines\nof text' });
    const { id: _id, createdAt: _at, ...shown } = answer.body;
    assert.deepEqual(shown, {
      ...{ conversationId, authorId: agent.userId.toHexString(), body: 'Two lines\nof text' },
      ...{ mentions: [], editedAt: null },
    });
    assert.equal(answer.headers.get('location'), path);
    assert.deepEqual((await admin.get(path)).body, answer.body);
    const after = await conversations().findOne({ _id: new Types.ObjectId(conversationId) });
    assert.deepEqual(after, before, 'neither the window, nor what is unread, nor the last message');
    assert.equal(await api().collection('messages').countDocuments({ clientId: admin.clientId }), 0);
  });

  it('a conversation that does not exist, or of another client › 404', async () => {
    assert.equal(codeOf(await stranger.post('/api/notes', { conversationId, body: 'Hm.' })), '404 not-found');
    const { path } = await make(admin);
    assert.equal((await stranger.get(path)).status, 404);
    assert.equal((await stranger.patch(path, { body: 'Mine' })).status, 404);
    const listed = await stranger.get(`/api/notes?conversationId=${conversationId}`);
    assert.deepEqual(listed.body['items'], []);
  });

  it('list › those of one conversation, newest first, page by page', async () => {
    const other = await addConversation();
    const ids = [];
    for (const body of ['one', 'two', 'three'])
      ids.push((await make(agent, { conversationId: other, body })).id);
    const idsOf = ({ body }: { body: Record<string, unknown> }) =>
      (body['items'] as { id: string }[]).map(({ id }) => id);
    const path = `/api/notes?conversationId=${other}&limit=2`;
    const first = await agent.get(path);
    const next = await agent.get(`${path}&cursor=${String(first.body['nextCursor'])}`);
    assert.deepEqual([...idsOf(first), ...idsOf(next)], ids.toReversed());
    assert.deepEqual(idsOf(await agent.get('/api/notes?limit=1')), [ids.at(-1)]);
  });

  it('blank, too long, with control characters, without markup › every fault with its path', async () => {
    const someone = agent.userId.toHexString();
    const twice = await post(admin, { body: `@[${someone}]`, mentions: [someone, 'x', 'x'] });
    assert.ok(issuePaths(twice).includes('body.mentions.1'), twice.text);
    const blank = await post(admin, { body: ' \n', mentions: [someone, someone] });
    assert.deepEqual(issuePaths(blank), ['body.body', 'body.mentions.0', 'body.mentions.1']);
    const wrong = await post(admin, { body: 'Hm.', mentions: [someone, someone] });
    assert.deepEqual(issuePaths(wrong), ['body.mentions.0', 'body.mentions.1']);
    assert.equal((await post(admin, { body: 'x'.repeat(10_001) })).status, 400);
    assert.equal((await post(admin, { body: 'a\u0000b' })).status, 400);
    assert.equal((await post(admin, { body: 'x'.repeat(10_000) })).status, 201);
  });

  it('change › for the author and for admins only; of two on one ETag the second is refused', async () => {
    const { answer, id, path } = await make(agent);
    const other = await addMember(api(), admin);
    assert.equal(codeOf(await other.patch(path, { body: 'Mine' })), '403 forbidden');
    assert.equal(codeOf(await other.delete(path)), '403 forbidden');
    const changed = await agent.patch(path, { body: 'She paid once.' }, ifMatch(answer));
    assert.equal(changed.status, 200, changed.text);
    assert.equal(typeof changed.body['editedAt'], 'string');
    assert.equal(
      codeOf(await admin.patch(path, { body: 'Late' }, ifMatch(answer))),
      '412 precondition-failed',
    );
    assert.equal((await admin.patch(path, { body: 'Both are wrong.' })).status, 200);
    const events = await api().auditOf(id);
    assert.deepEqual(
      events.map(({ action }) => action),
      ['note.created', 'note.updated', 'note.updated'],
    );
    assert.ok(!JSON.stringify(events).includes('paid'), 'the audit has no text');
  });

  it('delete › the text and its notifications are gone', async () => {
    const { id, path } = await make(agent, mentioning(admin));
    assert.equal((await agent.delete(path)).status, 204);
    assert.equal((await agent.get(path)).status, 404);
    assert.ok(!(await notificationsOf(admin)).some(({ noteId }) => noteId === id));
    assert.equal(
      await api()
        .collection('notes')
        .countDocuments({ _id: new Types.ObjectId(id) }),
      0,
    );
  });

  it('a contact with notes on a conversation › cannot be deleted, as with the conversation alone', async () => {
    const made = await admin.post('/api/contacts', { phoneNumber: '+4915100000077' });
    const sent = await admin.post('/api/messages/template', {
      ...{ contactId: made.body['id'], templateName: 'hello_world' },
    });
    assert.equal(sent.status, 201, sent.text);
    await make(agent, { conversationId: sent.body['conversationId'], body: 'A regular.' });
    assert.equal(codeOf(await admin.delete(`/api/contacts/${String(made.body['id'])}`)), '409 in-use');
  });

  describe('mentions', () => {
    it('active colleagues › each gets one notification; the author gets none about themselves', async () => {
      const [one, two] = [await addMember(api(), admin), await addMember(api(), admin)];
      const { id } = await make(one, mentioning(two, one));
      assert.deepEqual(await notificationsOf(one), []);
      const [told, ...rest] = await notificationsOf(two);
      assert.deepEqual(rest, []);
      const { noteId, byUserId, readAt } = told ?? {};
      assert.deepEqual(
        { noteId, byUserId, readAt },
        { noteId: id, byUserId: one.userId.toHexString(), readAt: null },
      );
    });

    it('unknown, foreign and disabled users › refused with the place of each, and nothing is stored', async () => {
      const disabled = await addMember(api(), admin, { status: 'disabled' });
      const unknown = new Types.ObjectId().toHexString();
      const ids = [agent, stranger, disabled].map(({ userId }) => userId.toHexString()).concat(unknown);
      const body = ids.map((id) => `@[${id}]`).join(' ');
      const before = await api().collection('notifications').countDocuments();
      const answer = await post(admin, { body, mentions: ids });
      assert.equal(codeOf(answer), '404 not-found');
      assert.deepEqual(issuePaths(answer), ['body.mentions.1', 'body.mentions.2', 'body.mentions.3']);
      const off = await post(admin, mentioning(disabled));
      assert.equal(codeOf(off), '400 invalid-input');
      assert.deepEqual(issuePaths(off), ['body.mentions.0']);
      const { path } = await make(admin);
      const foreign = await admin.patch(path, mentioning(stranger));
      assert.equal(codeOf(foreign), '404 not-found');
      assert.deepEqual(issuePaths(foreign), ['body.mentions.0']);
      assert.equal(await api().collection('notifications').countDocuments(), before);
    });

    it('more than 20 › 400', async () => {
      const mentions = Array.from({ length: 21 }, () => new Types.ObjectId().toHexString());
      const answer = await post(admin, { body: mentions.map((id) => `@[${id}]`).join(' '), mentions });
      assert.deepEqual(issuePaths(answer), ['body.mentions']);
    });

    it('a change › notifies only whom it adds, and nobody a second time', async () => {
      const [one, two] = [await addMember(api(), admin), await addMember(api(), admin)];
      const { path } = await make(agent, mentioning(one));
      assert.equal((await agent.patch(path, mentioning(one, two))).status, 200);
      assert.equal((await agent.patch(path, mentioning(two))).status, 200);
      assert.equal((await agent.patch(path, mentioning(one, two))).status, 200);
      assert.equal((await notificationsOf(one)).length, 1);
      assert.equal((await notificationsOf(two)).length, 1);
    });

    it('a change of the text alone that drops a mention › 400; one who was disabled since stands in no way', async () => {
      const one = await addMember(api(), admin);
      const { path } = await make(agent, mentioning(one));
      assert.deepEqual(issuePaths(await agent.patch(path, { body: 'Never mind.' })), ['body.mentions.0']);
      await api()
        .collection('users')
        .updateOne({ _id: one.userId }, { $set: { status: 'disabled' } });
      const { body } = mentioning(one);
      assert.equal((await agent.patch(path, { body: `${body}, again` })).status, 200);
    });

    it('ten changes at once that add the same user › one notification', async () => {
      const one = await addMember(api(), admin);
      const { path } = await make(agent);
      const answers = await Promise.all(Array.from({ length: 10 }, () => agent.patch(path, mentioning(one))));
      for (const answer of answers) assert.ok([200, 412].includes(answer.status), answer.text);
      assert.equal((await notificationsOf(one)).length, 1);
    });
  });

  describe('notifications', () => {
    it('read up to one › it and the older ones; the newer one stays unread, and repeating changes nothing', async () => {
      const who = await addMember(api(), admin);
      for (let count = 0; count < 3; count += 1) await make(agent, mentioning(who));
      const [newest, middle, oldest] = await notificationsOf(who);
      assert.equal(await unreadOf(who), 3);
      const first = await who.post('/api/notifications/read', { upTo: middle?.id });
      assert.deepEqual([first.status, first.body], [200, { unreadCount: 1 }]);
      const unread = await notificationsOf(who, 'unread=true');
      assert.deepEqual(
        unread.map(({ id }) => id),
        [newest?.id],
      );
      const read = await notificationsOf(who);
      await who.post('/api/notifications/read', { upTo: oldest?.id });
      assert.deepEqual(await notificationsOf(who), read);
      assert.equal((await who.post('/api/notifications/read', { upTo: newest?.id })).body['unreadCount'], 0);
    });

    it('of a colleague › are not shown, and cannot be marked', async () => {
      const who = await addMember(api(), admin);
      await make(agent, mentioning(who));
      const [told] = await notificationsOf(who);
      for (const other of [agent, admin, stranger]) {
        assert.ok(!(await notificationsOf(other)).some(({ id }) => id === told?.id));
        const answer = await other.post('/api/notifications/read', { upTo: told?.id });
        assert.equal(codeOf(answer), '404 not-found');
      }
      assert.equal(await unreadOf(who), 1);
    });

    it('list › has a second page, also of the unread ones', async () => {
      const who = await addMember(api(), admin);
      for (let count = 0; count < 3; count += 1) await make(agent, mentioning(who));
      for (const query of ['limit=2', 'limit=2&unread=true']) {
        const first = await who.get(`/api/notifications?${query}`);
        const rest = await notificationsOf(who, `${query}&cursor=${String(first.body['nextCursor'])}`);
        const seen = [...(first.body['items'] as Notification[]), ...rest];
        assert.equal(new Set(seen.map(({ id }) => id)).size, 3, query);
      }
    });
  });
});
