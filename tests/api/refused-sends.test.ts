import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { scopeOf } from '../../src/platform/mongo.ts';
import type { ContactView } from '../../src/people/contacts/schemas.ts';
import { phoneEndingIn } from '../support/crm-client.ts';
import { useMessagingApi } from '../support/messaging-api.ts';
import { setRecipientsStage, type RecipientsStage } from '../support/recipients-stage.ts';

describe('a refused send to a number without a contact', function () {
  this.timeout(60_000);
  const api = useMessagingApi('refused_sends');
  let stage: RecipientsStage;
  const [phone, next] = [phoneEndingIn('01'), phoneEndingIn('02')];

  beforeEach(async () => {
    stage = await setRecipientsStage(api());
  });

  const phones = async (): Promise<readonly (string | null)[]> => {
    const { body } = await stage.user.call<{ items: ContactView[] }>('/api/contacts');
    return body.items.map(({ phoneNumber }) => phoneNumber);
  };
  const send = async (fields: object = {}): Promise<string> => {
    const { status, body } = await stage.user.trySend({ to: phone, ...fields });
    return `${status} ${(body as { code?: string }).code ?? ''}`.trim();
  };

  it('the number opted out, and its person has moved away › 409, no contact', async () => {
    const scope = scopeOf(new Types.ObjectId(stage.user.clientId));
    const at = new Date(Date.now() - 60_000);
    await stage.write({ from: phone }, 'STOP', { atMs: at.getTime() - 60_000 });
    const change = {
      reason: 'number-changed',
      from: { phoneNumber: phone },
      to: { phoneNumber: next },
    } as const;
    await api().api.core.contacts.follow(scope, change, { at });
    assert.equal(await send(), '409 contact-opted-out');
    assert.deepEqual(await phones(), [next]);
  });

  it('its contact opted out and was deleted › 409, no contact', async () => {
    await stage.write({ from: phone }, 'STOP');
    const { body } = await stage.user.call<{ items: ContactView[] }>('/api/contacts');
    const path = `/api/contacts/${body.items[0]?.id}`;
    await api().collection('messages').deleteMany({});
    await api().collection('leads').deleteMany({});
    await api().collection('conversations').deleteMany({});
    assert.equal((await stage.user.call(path, { method: 'DELETE' })).status, 204);
    assert.equal(await send(), '409 contact-opted-out');
    assert.deepEqual(await phones(), []);
  });

  it('the template is not approved, or the request is invalid › 4xx, no contact, lead or conversation', async () => {
    assert.equal(await send({ templateName: 'unheard_of' }), '400 invalid-input');
    await api()
      .collection('templates')
      .updateMany({ clientId: new Types.ObjectId(stage.user.clientId) }, { $set: { status: 'rejected' } });
    assert.equal(await send(), '409 template-not-approved');
    const clientId = new Types.ObjectId(stage.user.clientId);
    for (const name of ['contacts', 'leads', 'conversations', 'messages'])
      assert.equal(await api().collection(name).countDocuments({ clientId }), 0, name);
  });

  it('a free-form message, whose window was never open › 409, no contact', async () => {
    const { status } = await stage.user.call('/api/messages', {
      method: 'POST',
      body: { to: phone, content: { type: 'text', body: 'Hi' } },
    });
    assert.equal(status, 409);
    assert.deepEqual(await phones(), []);
  });

  it('an accepted one, sent twice at once › one contact', async () => {
    assert.deepEqual(await Promise.all([send(), send()]), ['201', '201']);
    assert.deepEqual(await phones(), [phone]);
  });
});
