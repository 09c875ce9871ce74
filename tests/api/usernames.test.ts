import assert from 'node:assert/strict';
import { scopeOf } from '../../src/platform/mongo.ts';
import { signUpAdmin, useMessagingApi, type Member } from '../support/messaging-api.ts';

interface Found {
  readonly id: string;
  readonly contactId?: string;
  readonly username: string | null;
}

describe('contacts and leads by username', () => {
  const running = useMessagingApi('usernames_search');
  let admin: Member;
  let stranger: Member;

  before(async function () {
    this.timeout(20_000);
    [admin, stranger] = await Promise.all([signUpAdmin(running()), signUpAdmin(running())]);
  });

  const find = async (path: string, q: string, who = admin): Promise<Found[]> => {
    const answer = await who.get(`${path}?${new URLSearchParams({ q }).toString()}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body['items'] as Found[];
  };
  const seenAs = (username: string, businessScopedUserId = 'DE.13491208655302741918') =>
    running().api.core.contacts.findOrCreate(scopeOf(admin.clientId), { businessScopedUserId, username });

  it('a person whose number WhatsApp hides › found by the beginning of the username, in any case, or by its words', async () => {
    const { _id } = await seenAs('Ana.Souza');
    await running().api.core.leads.findOrCreate(scopeOf(admin.clientId), _id);
    for (const q of ['@ana', '@ANA.SOUZA', '@a', '@']) {
      const [contacts, leads] = [await find('/api/contacts', q), await find('/api/leads', q)];
      assert.deepEqual(
        contacts.map(({ id, username }) => [id, username]),
        [[_id.toHexString(), 'Ana.Souza']],
        q,
      );
      assert.deepEqual(
        leads.map(({ contactId, username }) => [contactId, username]),
        [[_id.toHexString(), 'Ana.Souza']],
        q,
      );
    }
    assert.deepEqual(
      (await find('/api/contacts', 'ana.souza')).map(({ username }) => username),
      ['Ana.Souza'],
      'the words of a username are found too',
    );
    for (const q of ['@souza', '@ana.souza.', '@ana%'])
      assert.deepEqual([await find('/api/contacts', q), await find('/api/leads', q)], [[], []], q);
    assert.deepEqual(await find('/api/contacts', '@ana', stranger), []);
  });

  it('another username, then none › found by the new one only, then by none', async () => {
    const created = await admin.post('/api/contacts', {
      phoneNumber: '+4915112345601',
      username: '@Old_name',
    });
    assert.equal(created.status, 201, created.text);
    const id = String(created.body['id']);
    await running().api.core.leads.findOrCreate(
      scopeOf(admin.clientId),
      (
        await running().api.core.contacts.findOrCreate(scopeOf(admin.clientId), {
          phoneNumber: '+4915112345601',
        })
      )._id,
    );
    const both = async (q: string) => [
      (await find('/api/contacts', q)).map((contact) => contact.id),
      (await find('/api/leads', q)).map(({ contactId }) => contactId),
    ];
    assert.deepEqual(await both('@old_'), [[id], [id]]);
    assert.equal((await admin.patch(`/api/contacts/${id}`, { username: 'new.name' })).status, 200);
    assert.deepEqual(
      [await both('@old'), await both('@NEW.')],
      [
        [[], []],
        [[id], [id]],
      ],
    );
    assert.equal((await admin.patch(`/api/contacts/${id}`, { username: null })).status, 200);
    assert.deepEqual(await both('@new'), [[], []]);
  });
});
