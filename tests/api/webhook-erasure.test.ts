import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { admitBody } from '../../src/webhooks/admission.ts';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { changeOf, envelopeOf, textOf } from '../support/meta.ts';

describe('api › erasure of stored webhook events', function () {
  this.timeout(60_000);
  const api = useApi('webhook-erasure');
  let user: CrmUser;
  let phone: string;

  beforeEach(async () => {
    user = await api().signUp();
    phone = phoneEndingIn('44');
    await events().deleteMany({});
  });

  const events = () => api().collection('webhook_events');

  /** A stored event, as the door writes it. */
  async function store(status: string, body: unknown, channelId?: string): Promise<Types.ObjectId> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const own = channelId === undefined ? undefined : new Types.ObjectId(channelId);
    const { insertedId } = await events().insertOne({
      ...{ receivedAt: new Date(), body: text, status, attempts: 1 },
      ...(own === undefined ? {} : { channelId: own }),
      ...admitBody(text, own && { clientId: own, isVerified: true }).fields,
      ...(status === 'parked'
        ? { nextAttemptAt: new Date(), progress: { parts: 1 }, leaseToken: 'held' }
        : {}),
    });
    return insertedId;
  }

  async function deleteContact(fields: object = { phoneNumber: phone }): Promise<void> {
    const created = await user.call<{ id: string }>('/api/contacts', {
      method: 'POST',
      body: { name: 'Ana', ...fields },
    });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    const gone = await user.call(`/api/contacts/${created.body.id}`, { method: 'DELETE' });
    assert.equal(gone.status, 204, JSON.stringify(gone.body));
  }
  const left = async () =>
    (await events().find({}).sort({ _id: 1 }).toArray()).map(({ _id }) => _id.toHexString());

  it('a contact is deleted › dead, parked and processed events that name only the person go; new ones and others stay', async () => {
    const about = (from: string) => textOf(user.phoneNumberId, from, 'Hello', 'wamid.1');
    for (const status of ['dead', 'parked', 'done']) await store(status, about(phone));
    await store('dead', `{"messages":[{"from":"${phone.slice(1)}"`, user.channelId);
    const kept = [await store('pending', about(phone)), await store('dead', about(phoneEndingIn('45')))];
    await deleteContact();
    assert.deepEqual(
      await left(),
      kept.map((id) => id.toHexString()),
    );
  });

  it('events that name others too › only the person’s items go, and the event starts over', async () => {
    const other = phoneEndingIn('46');
    const message = (from: string) => ({
      id: `wamid.${from}`,
      from: from.slice(1),
      timestamp: '1',
      type: 'text',
    });
    const bodyOf = (...people: string[]) =>
      envelopeOf(changeOf(user.phoneNumberId, { messages: people.map(message) }));
    await store('parked', bodyOf(phone, other));
    await deleteContact();
    const [event, ...more] = await events().find({}).toArray();
    assert.deepEqual(more, []);
    assert.deepEqual(JSON.parse(String(event?.['body'])), bodyOf(other));
    assert.deepEqual(
      [event?.['persons'].length, event?.['progress'], event?.['leaseToken']],
      [1, undefined, undefined],
    );
  });

  it('a body that names hundreds of persons › the person’s items go', async () => {
    const people = Array.from({ length: 150 }, (_, index) => ({
      id: `wamid.${index}`,
      from: `4915100${index}`,
    }));
    const value = { messages: [...people, { id: 'wamid.ana', from: phone.slice(1) }] };
    await store('dead', envelopeOf(changeOf(user.phoneNumberId, value)));
    await deleteContact();
    const [event] = await events().find({}).toArray();
    const body = String(event?.['body']);
    assert.ok(!body.includes(phone.slice(1)) && body.includes('wamid.149'));
  });

  it('another business’s events about the same person › stay', async () => {
    const other = await api().signUp();
    const kept = [
      await store('dead', textOf(other.phoneNumberId, phone, 'Hello', 'wamid.1')),
      await store('dead', textOf(user.phoneNumberId, phone, 'Hello', 'wamid.1'), other.channelId),
    ];
    await deleteContact();
    assert.deepEqual(
      await left(),
      kept.map((id) => id.toHexString()),
    );
  });
});
