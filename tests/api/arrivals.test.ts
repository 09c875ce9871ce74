import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { createInboundService } from '../../src/sending/messages/incoming/inbound.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import type { MessageRepository } from '../../src/sending/messages/store/repository.ts';
import { parseWebhookBody } from '../../src/whatsapp/events.ts';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { newWamid } from '../support/consent.ts';
import { messagesOf, threadsOf } from '../support/coexistence.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const referral = {
  source_url: 'https://fb.me/abc',
  source_id: '120200001',
  source_type: 'ad',
  headline: 'Tables tonight',
  ctwa_clid: 'click-1',
};

describe('api › messages find their conversation', function () {
  this.timeout(60_000);
  const api = useApi('arrivals');
  let user: CrmUser;
  let phone: string;

  beforeEach(async () => {
    user = await api().signUp();
    phone = phoneEndingIn('01');
  });

  interface Said {
    readonly id?: string;
    readonly agoMs?: number;
    readonly fields?: object;
    readonly messages?: MessageRepository;
  }

  /** A message of the contact, as the worker takes it from a webhook. */
  async function hear({
    id = newWamid(),
    agoMs = 0,
    fields = { text: { body: 'Hello' } },
    messages = api().api.core.messages,
  }: Said = {}) {
    const timestamp = String(Math.floor((Date.now() - agoMs) / 1_000));
    const message = { id, from: phone.slice(1), timestamp, type: 'text', ...fields };
    const [item] = parseWebhookBody(JSON.stringify({ messages: [message] }));
    assert.ok(item?.kind === 'message', JSON.stringify(item));
    const scope = scopeOf(new Types.ObjectId(user.clientId));
    const inbound = createInboundService({ ...api().api.core, messages });
    return inbound.receive(scope, new Types.ObjectId(user.channelId), item);
  }
  const reaction = { type: 'reaction', reaction: { message_id: 'wamid.unknown', emoji: '👍' } };
  const patch = (id: string, body: object) =>
    user.call(`/api/conversations/${id}`, { method: 'PATCH', body });
  async function only() {
    const [thread, ...more] = await threadsOf(user);
    assert.ok(thread !== undefined);
    assert.deepEqual(more, []);
    return thread;
  }
  /** Closed some time ago. */
  async function close(agoMs: number): Promise<string> {
    const { id } = await only();
    assert.equal((await patch(id, { status: 'closed' })).status, 200);
    const closedAt = new Date(Date.now() - agoMs);
    await api()
      .collection('conversations')
      .updateOne({ _id: new Types.ObjectId(id) }, { $set: { closedAt } });
    return id;
  }

  describe('after the conversation was closed', () => {
    it('the contact writes soon › the same one opens again, and its history says why', async () => {
      await hear();
      const id = await close(hourMs);
      await hear();
      const { status, closedAt, unreadCount } = await only();
      assert.deepEqual({ status, closedAt, unreadCount }, { status: 'open', closedAt: null, unreadCount: 2 });
      const { body } = await user.call<{ history: readonly object[] }>(`/api/conversations/${id}`);
      const { at: _at, ...last } = body.history.at(-1) as { at: string };
      assert.deepEqual(last, { by: null, reason: 'contact-wrote', status: 'open' });
    });

    it('a message from before the closing arrives late › stored there, unread, and it stays closed', async () => {
      await hear({ agoMs: 4 * dayMs });
      const id = await close(hourMs);
      await hear({ agoMs: 3 * dayMs, fields: { text: { body: 'late' } } });
      const { status, unreadCount } = await only();
      assert.deepEqual({ status, unreadCount }, { status: 'closed', unreadCount: 2 });
      assert.equal((await messagesOf(user, id)).length, 2);
    });

    it('two closed ones and a message from before both closings › stored in the one that was closed first', async () => {
      await hear({ agoMs: 20 * dayMs });
      const first = await close(15 * dayMs);
      await hear({ agoMs: 2 * dayMs });
      const [second, ...others] = (await threadsOf(user)).filter(({ status }) => status === 'open');
      assert.deepEqual(others, []);
      assert.equal((await patch(second?.id ?? '', { status: 'closed' })).status, 200);
      await hear({ agoMs: 16 * dayMs, fields: { text: { body: 'late' } } });
      assert.deepEqual(
        [(await messagesOf(user, first)).length, (await messagesOf(user, second?.id ?? '')).length],
        [2, 1],
      );
    });

    it('the contact writes after a week › a new one; with 0 hours at once', async () => {
      await hear();
      await close(8 * dayMs);
      await hear();
      const threads = await threadsOf(user);
      assert.deepEqual(
        threads.map(({ status }) => status),
        ['open', 'closed'],
      );
      const settings = await user.call<object>('/api/inbox-settings', {
        method: 'PATCH',
        body: { reopenWithinHours: 0 },
      });
      assert.deepEqual(
        [settings.status, settings.body],
        [
          200,
          { reopenWithinHours: 0, autoCloseAfterHours: 0, shareReadMarks: true, satisfactionSurvey: null },
        ],
      );
      assert.equal((await patch(threads[0]?.id ?? '', { status: 'closed' })).status, 200);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      await hear();
      assert.equal((await threadsOf(user)).length, 3);
    });
  });

  describe('the lead', () => {
    it('a STOP, then a reaction › no lead; the next message makes it', async () => {
      await hear({ fields: { text: { body: 'STOP' } } });
      await hear({ fields: reaction });
      assert.equal((await only()).leadId, null);
      await hear();
      assert.notEqual((await only()).leadId, null);
    });

    it('a conversation that begins at an ad › message, conversation and lead keep it', async () => {
      await hear({ fields: { text: { body: 'I saw your ad' }, referral } });
      const thread = await only();
      const [message] = await messagesOf(user, thread.id);
      const lead = await user.call<{ source: object }>(`/api/leads/${thread.leadId}`);
      const kept = {
        sourceType: 'ad',
        sourceId: '120200001',
        sourceUrl: 'https://fb.me/abc',
        headline: 'Tables tonight',
        clickId: 'click-1',
      };
      const told = (given: unknown) => {
        const { at: _at, ...rest } = given as { at: string };
        return rest;
      };
      assert.deepEqual([told(thread.referral), told(lead.body.source)], [kept, kept]);
      assert.equal(message?.content.referral?.clickId, 'click-1');
    });

    it('another ad reopens the conversation › it shows the new ad, the lead its first one', async () => {
      await hear({ fields: { text: { body: 'first' }, referral } });
      await close(hourMs);
      await hear({ fields: { text: { body: 'again' }, referral: { ...referral, source_id: '2' } } });
      const thread = await only();
      const lead = await user.call<{ source: { sourceId: string } }>(`/api/leads/${thread.leadId}`);
      assert.deepEqual([thread.referral?.sourceId, lead.body.source.sourceId], ['2', '120200001']);
    });
  });

  describe('at once and interrupted', () => {
    it('ten messages at once, each delivered twice › one conversation, ten unread', async () => {
      const ids = Array.from({ length: 10 }, newWamid);
      await Promise.all([...ids, ...ids].map((id) => hear({ id })));
      const { id, unreadCount } = await only();
      assert.equal(unreadCount, 10);
      assert.equal((await messagesOf(user, id)).length, 10);
      assert.equal(
        await api()
          .collection('leads')
          .countDocuments({ clientId: new Types.ObjectId(user.clientId) }),
        1,
      );
    });

    it('the database fails before the message is stored › nothing is; the repetition stores it once', async () => {
      const id = newWamid();
      const { messages } = api().api.core;
      const insertWithin = () => Promise.reject(new Error('the database is away'));
      await assert.rejects(hear({ id, messages: { ...messages, insertWithin } }), /is away/);
      assert.deepEqual(await threadsOf(user), []);
      await hear({ id });
      const { unreadCount, leadId } = await only();
      assert.deepEqual([unreadCount, leadId === null], [1, false]);
    });
  });

  it('settings › agents read them, admins change them with the version they saw', async () => {
    const first = await user.call<object>('/api/inbox-settings');
    assert.deepEqual(first.body, {
      ...{ reopenWithinHours: 168, autoCloseAfterHours: 0, shareReadMarks: true, satisfactionSurvey: null },
    });
    const change = (etag: string, hours: number) =>
      user.call('/api/inbox-settings', {
        method: 'PATCH',
        body: { reopenWithinHours: hours },
        headers: { 'if-match': etag },
      });
    const seen = first.headers.get('etag') ?? '';
    const statuses = [(await change(seen, 24)).status, (await change(seen, 48)).status];
    assert.deepEqual(statuses, [200, 412]);
    assert.equal((await change('"1"', 721)).status, 400);
  });
});
