import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { newSecret } from '../../src/platform/ids.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { useEventStage } from '../support/event-stage.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';

interface Match {
  readonly excerpt: string;
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

interface Hit {
  readonly id: string;
  readonly direction: string;
  readonly conversationId: string;
  readonly contact: { readonly id: string; readonly phoneNumber: string | null } | null;
  readonly match: Match | null;
}

/** The excerpt with what is highlighted in brackets. */
function shown(match: Match | null): string {
  if (match === null) return '';
  return match.ranges
    .toReversed()
    .reduce(
      (text, { start, end }) => `${text.slice(0, start)}[${text.slice(start, end)}]${text.slice(end)}`,
      match.excerpt,
    );
}

describe('search', function () {
  this.timeout(120_000);
  const { api, hear, someone } = useEventStage('search');
  const now = Math.floor(Date.now() / 1_000);
  const dayS = 86_400;
  let user: CrmUser;
  let phone: string;

  beforeEach(async () => {
    ({ user, phone } = await someone());
  });

  async function receive(message: object, secondsAgo = 60, id = `wamid.${newSecret(9)}`): Promise<string> {
    const value = {
      contacts: [{ wa_id: phone.slice(1), profile: { name: 'Ana Souza' } }],
      messages: [{ id, from: phone.slice(1), timestamp: String(now - secondsAgo), ...message }],
    };
    await hear(envelopeOf(changeOf(user.phoneNumberId, value)));
    return id;
  }
  const receiveText = (body: string, secondsAgo?: number) =>
    receive({ type: 'text', text: { body } }, secondsAgo);

  async function pageOf(path: string, query: Readonly<Record<string, string>>) {
    const url = `${path}?${new URLSearchParams(query).toString()}`;
    const answer = await user.call<{ items: Hit[]; nextCursor: string | null; code?: string }>(url);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  }
  const found = async (q: string, more: Readonly<Record<string, string>> = {}): Promise<string[]> =>
    (await pageOf('/api/messages', { q, ...more })).items.map(({ match }) => shown(match));

  describe('messages', () => {
    it('words of a text › newest first, with conversation, contact and what to highlight', async () => {
      await receiveText('Where is my Order?', 120);
      await receiveText('The order has not come.', 60);
      await receiveText('Something else', 30);
      const { items } = await pageOf('/api/messages', { q: 'ord' });
      assert.deepEqual(
        items.map(({ match }) => shown(match)),
        ['The [order] has not come.', 'Where is my [Order]?'],
      );
      const { body } = await user.call<{ items: { id: string }[] }>('/api/conversations');
      assert.deepEqual(
        items.map(({ conversationId, contact }) => [conversationId, contact?.phoneNumber]),
        items.map(() => [body.items[0]?.id, phone]),
      );
    });

    it('several words in any order › all of them; the last may be unfinished', async () => {
      await receiveText('My parcel never came');
      assert.deepEqual(await found('came parc'), ['My [parcel] never [came]']);
      assert.deepEqual(await found('parc came'), [], 'only the last word may be unfinished');
    });

    it('accents, letters and apostrophes › as on a plain keyboard, on either side', async () => {
      await receiveText('Søren wohnt in der Straße von O’Brien, Łódź');
      for (const q of ['soren', 'STRASSE', "o'brien", 'obrien', 'brien', 'lodz', 'Łódź'])
        assert.equal((await found(q)).length, 1, q);
    });

    it('phone and order numbers › by their digits', async () => {
      await receiveText('Call +49 171 234-5678 about INV-2024/0001');
      for (const q of [
        '0171 2345678',
        '491712345678',
        '2345678',
        'inv20240001',
        '2024-0001',
        'INV 2024/0001',
      ])
        assert.equal((await found(q)).length, 1, q);
    });

    it('Chinese and Thai › without spaces', async () => {
      await receiveText('我在東京都');
      await receiveText('สวัสดีครับ');
      assert.deepEqual(await found('東京'), ['我在[東京]都']);
      assert.equal((await found('ครับ')).length, 1);
    });

    it('captions and file names › found, in both directions', async () => {
      const sha256 = 'x';
      await receive({
        type: 'document',
        document: {
          id: '1',
          mime_type: 'application/pdf',
          sha256,
          filename: 'Invoice.pdf',
          caption: 'Paid twice',
        },
      });
      const link = {
        type: 'document',
        link: 'https://example.com/a.pdf',
        filename: 'Offer.pdf',
        caption: 'Our terms',
      };
      const sent = await user.call('/api/messages', { method: 'POST', body: { to: phone, content: link } });
      assert.equal(sent.status, 201, JSON.stringify(sent.body));
      for (const [q, direction] of [
        ['invoice', 'inbound'],
        ['twice paid', 'inbound'],
        ['offer.pdf', 'outbound'],
        ['terms', 'outbound'],
      ] as const)
        assert.deepEqual(
          (await pageOf('/api/messages', { q })).items.map((item) => item.direction),
          [direction],
          q,
        );
    });

    it('the text of a template › as it was filled; an edit of it counts', async () => {
      const body = { to: phone, templateName: 'order_update', variables: { body: ['Ana', '10427'] } };
      const sendAt = new Date(Date.now() + dayS * 1_000).toISOString();
      const { id } = await user.send({ ...body, sendAt });
      assert.deepEqual(
        (await pageOf('/api/messages', { q: '10427' })).items.map((item) => item.id),
        [id],
      );
      const edited = await user.call(`/api/messages/${id}`, {
        method: 'PATCH',
        body: { variables: { body: ['Ana', '55555'] } },
      });
      assert.equal(edited.status, 200, JSON.stringify(edited.body));
      assert.deepEqual([await found('10427'), (await found('55555')).length], [[], 1]);
    });

    it('edited and revoked by its author › only what it says now', async () => {
      const wamid = await receiveText('A table for fuor');
      const change = (fields: object) => receive(fields, 30);
      await change({
        type: 'edit',
        edit: { original_message_id: wamid, message: { type: 'text', text: { body: 'A table for four' } } },
      });
      assert.deepEqual([await found('fuor'), await found('four')], [[], ['A table for [four]']]);
      await change({ type: 'revoke', revoke: { original_message_id: wamid } });
      assert.deepEqual(await found('table'), []);
      const stored = await api().collection('messages').findOne({ providerMessageId: wamid });
      assert.equal(stored?.['searchTokens'], undefined, 'a revoked message leaves no tokens');
    });

    it('a long time ago › found with `since`, or in its conversation', async () => {
      await receiveText('forgotten', 100 * dayS);
      assert.deepEqual(await found('forgotten'), []);
      const since = new Date((now - 200 * dayS) * 1_000).toISOString();
      assert.deepEqual(await found('forgotten', { since }), ['[forgotten]']);
      const { body } = await user.call<{ items: Hit[] }>('/api/messages');
      const { conversationId = '' } = body.items[0] ?? {};
      assert.deepEqual(await found('forgotten', { conversationId }), ['[forgotten]']);
      assert.deepEqual(await found('forgotten', { conversationId: new Types.ObjectId().toHexString() }), []);
    });

    it('filters and pages › as without words', async () => {
      for (let n = 0; n < 5; n += 1) await receiveText(`page number ${n}`, 100 - n);
      const first = await pageOf('/api/messages', { q: 'page', limit: '2' });
      const second = await pageOf('/api/messages', { q: 'page', limit: '2', cursor: first.nextCursor ?? '' });
      const third = await pageOf('/api/messages', { q: 'page', limit: '2', cursor: second.nextCursor ?? '' });
      const texts = [first, second, third].flatMap(({ items }) => items.map(({ match }) => match?.excerpt));
      assert.deepEqual(
        texts,
        ['4', '3', '2', '1', '0'].map((n) => `page number ${n}`),
      );
      assert.equal(third.nextCursor, null);
      assert.deepEqual(await found('page', { sort: 'oldest', limit: '1' }), ['[page] number 0']);
      assert.deepEqual(await found('page', { direction: 'outbound' }), []);
      assert.equal((await found('page', { status: 'received,read' })).length, 5);
    });

    it('signs without letters › an empty list; `around` with words › 400', async () => {
      await receiveText('hello');
      for (const q of ['!!!', '🎉', '.*', '$ne']) assert.deepEqual((await found(q)).length, 0, q);
      const around = new Types.ObjectId().toHexString();
      const answer = await user.call<{ code: string }>(`/api/messages?q=hello&around=${around}`);
      assert.deepEqual([answer.status, answer.body.code], [400, 'invalid-input']);
    });

    it('the words of another business › not found', async () => {
      await receiveText('secret plans');
      const other = await api().signUp();
      const { body } = await other.call<{ items: Hit[] }>('/api/messages?q=secret');
      assert.deepEqual(body.items, []);
    });
  });

  describe('notes', () => {
    const make = async (body: string, mentions: string[] = []) => {
      const { body: list } = await user.call<{ items: { id: string }[] }>('/api/conversations');
      const conversationId = list.items[0]?.id ?? '';
      const answer = await user.call<{ id: string }>('/api/notes', {
        body: { conversationId, body, mentions },
      });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return answer.body.id;
    };
    const notes = async (q: string, more: Readonly<Record<string, string>> = {}) =>
      (await pageOf('/api/notes', { q, ...more })).items;

    it('words › the notes that have them, with the contact; messages are searched apart', async () => {
      await receiveText('She paid twice');
      await make(`@[${user.userId}] The customer paid twice`, [user.userId]);
      await make('Something else');
      const hits = await notes('twice paid');
      assert.deepEqual(
        hits.map(({ match, contact }) => [
          shown(match)
            .trim()
            .replace(/^.* The/, 'The'),
          contact?.phoneNumber,
        ]),
        [['The customer [paid] [twice]', phone]],
      );
      assert.deepEqual(await found('customer'), []);
      assert.deepEqual(await notes(user.userId), [], 'the id of a mentioned user is no word');
    });

    it('changed › by its new words; deleted › by none, and nothing of it is left', async () => {
      await receiveText('hello');
      const id = await make('The old words');
      const changed = await user.call(`/api/notes/${id}`, {
        method: 'PATCH',
        body: { body: 'The new ones' },
      });
      assert.equal(changed.status, 200);
      assert.deepEqual([(await notes('old')).length, (await notes('new')).length], [0, 1]);
      assert.equal((await user.call(`/api/notes/${id}`, { method: 'DELETE' })).status, 204);
      assert.deepEqual(await notes('new'), []);
      assert.equal(await api().collection('notes').countDocuments({ searchTokens: 'ones' }), 0);
    });
  });

  describe('contacts, leads and conversations', () => {
    const create = async (fields: object) => {
      const answer = await user.call<{ id: string }>('/api/contacts', { body: fields });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return answer.body.id;
    };
    const names = async (q: string, path = '/api/contacts') =>
      (await pageOf(path, { q })).items.map((item) => (item as unknown as { name: string | null }).name);

    it('any word of the name or username › after those who begin with it', async () => {
      await create({ phoneNumber: '+4915112345601', name: 'Maria del Carmen' });
      await create({ phoneNumber: '+4915112345602', name: 'Ana Carmen Souza' });
      await create({ phoneNumber: '+4915112345603', name: 'Carmen Díaz' });
      await create({ phoneNumber: '+4915112345604', name: 'Ben', username: 'carmen.fan' });
      assert.deepEqual(await names('carm'), ['Carmen Díaz', 'Ben', 'Ana Carmen Souza', 'Maria del Carmen']);
      assert.deepEqual(await names('souza ana'), ['Ana Carmen Souza']);
      assert.deepEqual(await names('carmenfan'), ['Ben']);
      const pages: (string | null)[] = [];
      let cursor: string | null = null;
      do {
        const query: Record<string, string> = {
          q: 'carm',
          limit: '1',
          ...(cursor === null ? {} : { cursor }),
        };
        const page: Awaited<ReturnType<typeof pageOf>> = await pageOf('/api/contacts', query);
        pages.push(...page.items.map((item) => (item as unknown as { name: string | null }).name));
        cursor = page.nextCursor;
      } while (cursor !== null && pages.length < 10);
      assert.deepEqual(pages, ['Carmen Díaz', 'Ben', 'Ana Carmen Souza', 'Maria del Carmen']);
    });

    it('any digits of the number › from its middle or its end, however they are separated', async () => {
      await create({ phoneNumber: '+4915112345678', name: 'Ana' });
      for (const q of ['5678', '345 67', '(0151) 1234', '+49 151', '0049 151 12345678', '4915112345678'])
        assert.deepEqual(await names(q), ['Ana'], q);
      assert.deepEqual(await names('5670'), []);
    });

    it('a changed name and number › found by the new ones only, and so is the lead', async () => {
      const id = await create({ phoneNumber: '+4915112345678', name: 'Ana Souza' });
      const lead = await user.call('/api/leads', { body: { contactId: id } });
      assert.equal(lead.status, 201, JSON.stringify(lead.body));
      assert.deepEqual(await names('souza', '/api/leads'), ['Ana Souza']);
      const body = { name: 'Ana Lima', phoneNumber: '+4915187654321' };
      assert.equal((await user.call(`/api/contacts/${id}`, { method: 'PATCH', body })).status, 200);
      for (const path of ['/api/contacts', '/api/leads']) {
        assert.deepEqual([await names('souza', path), await names('345678', path)], [[], []], path);
        assert.deepEqual(
          [await names('lima', path), await names('54321', path)],
          [['Ana Lima'], ['Ana Lima']],
        );
      }
    });

    it('a deleted contact › nothing that is stored has its words any more', async () => {
      const id = await create({ phoneNumber: '+4915112345678', name: 'Zebulon Quirk' });
      await user.call('/api/leads', { body: { contactId: id } });
      assert.equal((await user.call(`/api/contacts/${id}`, { method: 'DELETE' })).status, 204);
      const db = api().connection.db;
      assert.ok(db !== undefined);
      for (const { name } of await db.listCollections().toArray()) {
        const left = await db.collection(name).countDocuments({
          clientId: new Types.ObjectId(user.clientId),
          searchTokens: { $in: ['zebulon', '345678'] },
        });
        assert.equal(left, 0, name);
      }
    });

    it('conversations › those of the contacts whom it finds, latest first, with the other filters', async () => {
      await receiveText('hello');
      const all = async (query: Readonly<Record<string, string>>) =>
        (await pageOf('/api/conversations', query)).items.length;
      for (const q of ['souza', 'ana sou', phone.slice(-5), phone]) assert.equal(await all({ q }), 1, q);
      assert.equal(await all({ q: 'souza', status: 'open', unread: 'true' }), 1);
      assert.equal(await all({ q: 'souza', status: 'closed' }), 0);
      assert.equal(await all({ q: 'nobody' }), 0);
      assert.equal(await all({ q: '!!!' }), 0);
      const contactId = new Types.ObjectId().toHexString();
      assert.equal(await all({ q: 'souza', contactId }), 0);
    });

    it('conversations of more contacts than can be sorted › search-too-broad', async () => {
      const clientId = new Types.ObjectId(user.clientId);
      await api()
        .collection('contacts')
        .insertMany(
          Array.from({ length: 1_001 }, (_, n) => ({
            clientId,
            identityKeys: [`tel:+1${n}`],
            searchTokens: ['common'],
          })),
        );
      const answer = await user.call<{ code: string; detail: string }>('/api/conversations?q=common');
      assert.deepEqual([answer.status, answer.body.code], [422, 'search-too-broad']);
      await api().collection('contacts').deleteMany({ searchTokens: 'common' });
    });
  });
});
