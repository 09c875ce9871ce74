import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import { signUpAdmin, useMessagingApi } from '../support/messaging-api.ts';

describe('lists of contacts', () => {
  const api = useMessagingApi('contact_filters');

  it('contacts by consent › one who stopped marketing only is not among those who opted out', async () => {
    const admin = await signUpAdmin(api());
    const created = await admin.post('/api/contacts', { phoneNumber: '+4915112345601', name: 'Ana' });
    assert.equal(created.status, 201, created.text);
    const id = created.body['id'] as string;
    await api()
      .collection<mongo.Document & { _id: Types.ObjectId }>('contacts')
      .updateOne({ _id: new Types.ObjectId(id) }, { $set: { marketingStopped: true } });
    const idsOf = async (status: string) => {
      const list = await admin.get(`/api/contacts?optInStatus=${status}`);
      return (list.body['items'] as { id: string }[]).map((item) => item.id);
    };
    assert.deepEqual([await idsOf('opted-out'), await idsOf('unknown')], [[], [id]]);
  });
});
