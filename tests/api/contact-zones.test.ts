import assert from 'node:assert/strict';
import { issuePaths } from '../support/http.ts';
import { signUpAdmin, useMessagingApi, type Member } from '../support/messaging-api.ts';

describe('api › time zones of contacts', () => {
  const running = useMessagingApi('contact-zones');
  let admin: Member;

  before(async () => {
    admin = await signUpAdmin(running());
  });

  async function create(body: object): Promise<string> {
    const answer = await admin.post('/api/contacts', body);
    assert.equal(answer.status, 201, answer.text);
    return String(answer.body['id']);
  }
  const shown = async (id: string) => {
    const { body } = await admin.get(`/api/contacts/${id}`);
    return [body['timezone'], body['recipientZone']];
  };
  const berlin = { zone: 'Europe/Berlin', source: 'number' };

  it('a zone that was given › is shown, until it is cleared; nobody can live in UTC', async () => {
    const id = await create({ phoneNumber: '+4915112345670', timezone: 'Asia/Kolkata' });
    assert.deepEqual(await shown(id), ['Asia/Kolkata', { zone: 'Asia/Kolkata', source: 'contact' }]);
    const refused = await admin.patch(`/api/contacts/${id}`, { timezone: 'UTC' });
    assert.deepEqual([refused.status, issuePaths(refused)], [400, ['body.timezone']]);
    const cleared = await admin.patch(`/api/contacts/${id}`, { timezone: null });
    assert.equal(cleared.status, 200, cleared.text);
    assert.deepEqual(await shown(id), [null, berlin]);
  });

  it('no zone › the number tells it, or the business', async () => {
    const { body: client } = await admin.get(`/api/clients/${admin.clientId.toHexString()}`);
    const here = { zone: client['timezone'], source: 'client' };
    const anywhere = await create({ phoneNumber: '+18005550123' });
    const nameless = await create({ businessScopedUserId: 'DE.13491208655302741999' });
    assert.deepEqual(
      [await shown(anywhere), await shown(nameless)],
      [
        [null, here],
        [null, here],
      ],
    );
    const { items } = (await admin.get('/api/contacts')).body as { items: Record<string, unknown>[] };
    assert.deepEqual(new Set(items.map(({ recipientZone }) => JSON.stringify(recipientZone))).size, 2);
  });

  it('a segment on zone › finds whom it was given for, and whose number tells it', async () => {
    const moved = await create({ phoneNumber: '+4915112345671', timezone: 'Asia/Tokyo' });
    const stayed = await create({ phoneNumber: '+4915112345672' });
    const inZone = async (zone: string) => {
      const filter = { field: 'zone', op: 'eq', value: zone };
      const { body } = await admin.post('/api/segments/preview', { filter });
      return (body['sample'] as { id: string }[]).map(({ id }) => id);
    };
    assert.deepEqual(await inZone('Asia/Tokyo'), [moved]);
    const german = await inZone('Europe/Berlin');
    assert.ok(german.includes(stayed) && !german.includes(moved));
  });
});
