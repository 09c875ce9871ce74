import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { newUuid } from '../../src/platform/ids.ts';
import { writtenBytesOf } from '../../src/quotas/meters.ts';
import { useApi } from '../support/api.ts';
import { defineFields } from '../support/custom-fields.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { storedBytes } from '../support/stored-bytes.ts';
import { waitUntilTold } from '../support/tenant-data.ts';
import { waitFor } from '../support/wait.ts';

const megabyte = 1024 * 1024;
/** A new word, so that nothing compresses it or stores it once. */
const word = (length: number): string =>
  newUuid()
    .repeat(Math.ceil(length / 36))
    .slice(0, length);
const holidays = (count: number, nameLength: number) =>
  Array.from({ length: count }, (_value, index) => ({
    date: new Date(Date.UTC(2027, 0, 1 + index)).toISOString().slice(0, 10),
    closed: true,
    name: word(nameLength),
  }));
const hours = (count: number, nameLength = 60) => ({
  name: word(30),
  zone: 'Europe/Berlin',
  week: { mon: [['09:00', '12:00']] },
  holidays: holidays(count, nameLength),
});

describe('api › what a business may store in a day', function () {
  this.timeout(60_000);
  const env = { API_CLIENT_MB_PER_DAY: '2', API_UNVERIFIED_MB_PER_DAY: '1' };
  const api = useApi('write-meter', { env });

  const post = (user: CrmUser, path: string, body: object, idempotencyKey?: string) =>
    user.call<Record<string, unknown>>(path, {
      ...{ method: 'POST', body },
      ...(idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': idempotencyKey } }),
    });

  async function setOwnership(user: CrmUser, state: string): Promise<void> {
    const _id = new Types.ObjectId(user.channelId);
    const candidate = state === 'verified' ? null : _id;
    await api()
      .collection('channels')
      .updateOne({ _id }, { $set: { 'ownership.state': state, 'ownership.candidate': candidate } });
  }

  it('a full day before a number is proved › 429; reading, deleting and sign-in go on, for others everything', async () => {
    const [user, other] = await Promise.all([api().signUp(), api().signUp()]);
    await setOwnership(user, 'unverified');
    const { body: first } = await post(user, '/api/business-hours', hours(1));
    const before = await storedBytes(api());
    const refused = await waitFor('the day is full', async () => {
      const answer = await post(user, '/api/business-hours', hours(100));
      return answer.status === 201 ? undefined : answer;
    });
    assert.deepEqual([refused.status, refused.body['code']], [429, 'too-many-requests']);
    assert.match(String(refused.body['detail']), /Verify a channel/);
    assert.ok((await storedBytes(api())) - before <= megabyte);
    const path = `/api/business-hours/${String(first['id'])}`;
    assert.equal((await user.call(path)).status, 200);
    await waitFor('small changes are refused too', async () => {
      return (await user.call(path, { method: 'PATCH', body: { name: word(9) } })).status === 429;
    });
    assert.equal((await user.call(path, { method: 'DELETE' })).status, 204);
    assert.equal((await post(other, '/api/business-hours', hours(100))).status, 201);
    await setOwnership(user, 'verified');
    await waitFor('the proof is known', async () => {
      return (await post(user, '/api/business-hours', hours(10))).status === 201;
    });
  });

  const largeFields = Object.fromEntries(
    Array.from({ length: 50 }, (_v, index) => [`f${index}`, 'text'] as const),
  );
  const routes: readonly [string, string, () => object][] = [
    ['a small contact', '/api/contacts', () => ({ name: 'Ana', phoneNumber: phoneEndingIn('01') })],
    [
      'a large contact',
      '/api/contacts',
      () => ({
        name: word(100),
        phoneNumber: phoneEndingIn('01'),
        customFields: Object.fromEntries(Object.keys(largeFields).map((key) => [key, word(500)])),
      }),
    ],
    ['short business hours', '/api/business-hours', () => hours(0)],
    ['long business hours', '/api/business-hours', () => hours(200)],
    ['a label', '/api/labels', () => ({ name: word(60) })],
    ['a short canned reply', '/api/canned-replies', () => ({ shortCode: word(20), body: 'Hi' })],
    ['a long canned reply', '/api/canned-replies', () => ({ shortCode: word(20), body: word(4_000) })],
    ['a message', '/api/messages/template', () => ({ to: phoneEndingIn('01'), templateName: 'hello_world' })],
  ];
  for (const [what, path, make] of routes) {
    it(`${what} › stores no more than it takes`, async () => {
      const user = await api().signUp();
      const clientId = new Types.ObjectId(user.clientId);
      if (what === 'a large contact') await defineFields((to, body) => post(user, to, body), largeFields);
      await waitUntilTold(api(), clientId);
      const before = await storedBytes(api());
      const json = make();
      const answer = await post(user, path, json, newUuid());
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      await waitUntilTold(api(), clientId);
      const stored = (await storedBytes(api())) - before;
      const taken = writtenBytesOf(Buffer.byteLength(JSON.stringify(json)));
      assert.ok(stored > 0 && stored <= taken, `${stored} bytes stored, ${taken} taken`);
    });
  }
});
