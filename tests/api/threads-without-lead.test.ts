import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { scopeOf } from '../../src/platform/mongo.ts';
import { signUpAdmin, useMessagingApi, type Member } from '../support/messaging-api.ts';

describe('conversations that no person began', () => {
  const api = useMessagingApi('threads_without_lead');
  const at = new Date('2026-11-23T09:00:00Z');
  const later = new Date('2026-11-23T10:00:00Z');
  let admin: Member;
  let key: { channelId: Types.ObjectId; contactId: Types.ObjectId };

  before(async function () {
    this.timeout(20_000);
    admin = await signUpAdmin(api());
  });
  beforeEach(async () => {
    const phoneNumber = `+49151${Math.floor(10_000_000 + Math.random() * 89_999_999)}`;
    const contact = await threads().contacts.findOrCreate(scope(), { phoneNumber });
    key = { channelId: new Types.ObjectId(), contactId: contact._id };
  });

  const scope = () => scopeOf(admin.clientId);
  const threads = () => api().api.core;
  const countLeads = () => api().collection('leads').countDocuments({ contactId: key.contactId });
  async function shown(id: Types.ObjectId): Promise<Readonly<Record<string, unknown>>> {
    const answer = await admin.get(`/api/conversations/${id.toHexString()}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  it('an event › no lead, no window, nothing unread; lists show it', async () => {
    const { _id } = await threads().conversations.findOrOpenWithoutLead(scope(), key, at);
    const { leadId, windowExpiresAt, unreadCount, status } = await shown(_id);
    assert.deepEqual([leadId, windowExpiresAt, unreadCount, status], [null, null, 0, 'open']);
    assert.equal(await countLeads(), 0);
    const list = await admin.get(`/api/conversations?contactId=${key.contactId.toHexString()}`);
    assert.deepEqual((list.body['items'] as { leadId: unknown }[])[0]?.leadId, null);
  });

  it('the person writes then, even twice at once › the same conversation gets their lead', async () => {
    const { conversations } = threads();
    const { _id } = await conversations.findOrOpenWithoutLead(scope(), key, at);
    const opened = await Promise.all([1, 2].map(() => conversations.findOrOpen(scope(), key, later)));
    const [lead] = await api().collection('leads').find({ contactId: key.contactId }).toArray();
    assert.ok(lead !== undefined);
    assert.deepEqual(
      opened.map((thread) => [String(thread._id), String(thread.leadId)]),
      opened.map(() => [String(_id), String(lead._id)]),
    );
    const { leadId, lastMessageAt } = await shown(_id);
    assert.deepEqual([leadId, lastMessageAt], [String(lead._id), later.toISOString()]);
    assert.equal(await countLeads(), 1);
  });

  it('event and first message at once › one conversation, and it has the lead', async () => {
    const { conversations } = threads();
    const opened = await Promise.all([
      conversations.findOrOpenWithoutLead(scope(), key, at),
      conversations.findOrOpen(scope(), key, at),
      conversations.findLatestOrOpen(scope(), key, at),
    ]);
    assert.equal(new Set(opened.map(({ _id }) => String(_id))).size, 1);
    assert.equal(typeof (await shown(opened[0]._id))['leadId'], 'string');
  });

  it('a closed conversation and an event of WhatsApp › the entry goes there, and it stays closed', async () => {
    const { conversations } = threads();
    const { _id } = await conversations.findOrOpen(scope(), key, at);
    await api()
      .collection('conversations')
      .updateOne({ _id }, { $set: { status: 'closed' } });
    const found = await conversations.findLatestOrOpen(scope(), key, later);
    assert.deepEqual([String(found._id), found.status], [String(_id), 'closed']);
  });
});
