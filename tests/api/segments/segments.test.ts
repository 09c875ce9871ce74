import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import {
  createContactGroupRepository,
  createTagRepository,
} from '../../../src/people/contact-sets/repository.ts';
import { createCustomFieldRepository } from '../../../src/people/custom-fields/repository.ts';
import { createSegmentFilters } from '../../../src/people/segments/filters.ts';
import { createTransactions } from '../../../src/platform/transaction.ts';
import { defineFields } from '../../support/custom-fields.ts';
import { issuePaths } from '../../support/http.ts';
import {
  addMember,
  codeOf,
  ifMatch,
  readInPairs,
  signUpAdmin,
  useMessagingApi,
  type Member,
} from '../../support/messaging-api.ts';

const vip = { field: 'name', op: 'contains', value: 'VIP' };
const inGermany = { field: 'country', op: 'eq', value: 'DE' };

describe('segments', function () {
  this.timeout(60_000);
  const api = useMessagingApi('segments');
  let admin: Member;
  let agent: Member;
  let stranger: Member;
  let serial = 0;

  beforeEach(async () => {
    [admin, stranger] = await Promise.all([signUpAdmin(api()), signUpAdmin(api())]);
    agent = await addMember(api(), admin);
  });

  const nextNumber = (prefix = '+491511'): string => `${prefix}${String((serial += 1)).padStart(7, '0')}`;

  async function create(path: string, body: object): Promise<string> {
    const answer = await admin.post(path, body);
    assert.equal(answer.status, 201, answer.text);
    return String(answer.body['id']);
  }

  async function preview(filter: unknown, who = agent): Promise<Readonly<Record<string, unknown>>> {
    const answer = await who.post('/api/segments/preview', { filter });
    assert.equal(answer.status, 200, answer.text);
    const { sample, tookMs, ...rest } = answer.body;
    assert.equal(typeof tookMs, 'number');
    return { ...rest, sample: (sample as { id: string }[]).map(({ id }) => id) };
  }

  const nobody = { optedOut: 0, blocked: 0, noAddress: 0, suspect: 0 };

  it('a segment › is created, read, listed by name, changed and deleted', async () => {
    const created = await admin.post('/api/segments', { name: 'VIPs', filter: { all: [vip, inGermany] } });
    assert.equal(created.status, 201, created.text);
    const path = `/api/segments/${String(created.body['id'])}`;
    assert.equal(created.headers.get('location'), path);
    assert.deepEqual(created.body['filter'], { all: [vip, inGermany] });
    for (const name of ['Zebra', 'änne', 'Bob']) await create('/api/segments', { name, filter: vip });
    const listed = await readInPairs<{ name: string; invalid: unknown[] }>(agent, '/api/segments');
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['änne', 'Bob', 'VIPs', 'Zebra'],
    );
    const changed = await admin.patch(path, { filter: vip }, ifMatch(created));
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual([changed.body['name'], changed.body['filter']], ['VIPs', vip]);
    assert.equal(codeOf(await admin.patch(path, { name: 'X' }, ifMatch(created))), '412 precondition-failed');
    assert.equal((await admin.delete(path)).status, 204);
    assert.equal((await agent.get(path)).status, 404);
  });

  it('names › are unique, whatever their case and accents', async () => {
    await create('/api/segments', { name: 'Zoë', filter: vip });
    const other = await create('/api/segments', { name: 'Other', filter: vip });
    const twice = await admin.post('/api/segments', { name: 'ZOE', filter: vip });
    assert.equal(codeOf(twice), '409 already-exists');
    assert.deepEqual(issuePaths(twice), ['body.name']);
    assert.equal(codeOf(await admin.patch(`/api/segments/${other}`, { name: 'zoe' })), '409 already-exists');
    assert.equal((await stranger.post('/api/segments', { name: 'Zoë', filter: vip })).status, 201);
  });

  it('access › agents read and preview, admins write, others see nothing', async () => {
    const id = await create('/api/segments', { name: 'VIPs', filter: vip });
    const path = `/api/segments/${id}`;
    assert.equal((await agent.get(path)).status, 200);
    assert.equal(codeOf(await agent.post('/api/segments', { name: 'Mine', filter: vip })), '403 forbidden');
    assert.equal(codeOf(await agent.patch(path, { name: 'Mine' })), '403 forbidden');
    assert.equal(codeOf(await agent.delete(path)), '403 forbidden');
    assert.equal((await stranger.get(path)).status, 404);
    assert.equal((await stranger.patch(path, { name: 'Theirs' })).status, 404);
    assert.equal((await stranger.delete(path)).status, 404);
  });

  it('a wrong filter › is refused with every problem by path', async () => {
    const filter = { all: [{ field: 'age', op: 'eq', value: 1 }, { ...vip, op: 'is' }, { not: {} }] };
    const paths = ['body.filter.all.0.field', 'body.filter.all.1.op', 'body.filter.all.2.not'];
    const id = await create('/api/segments', { name: 'VIPs', filter: vip });
    for (const answer of [
      await admin.post('/api/segments', { name: 'Wrong', filter }),
      await admin.patch(`/api/segments/${id}`, { filter }),
      await agent.post('/api/segments/preview', { filter }),
    ]) {
      assert.equal(codeOf(answer), '400 invalid-input');
      assert.deepEqual(issuePaths(answer), paths);
    }
  });

  describe('custom fields', () => {
    const path = (id: string) => `/api/custom-fields/${id}`;
    const options = [
      { key: 'free', label: 'Free' },
      { key: 'pro', label: 'Pro' },
    ];
    const values = {
      ...{ city: 'Berlin', orders: 3, wants_news: true, birthday: '2000-02-29' },
      ...{ renews_at: '2026-11-30T12:00:00Z', plan: 'pro', topics: ['free', 'pro'] },
    };

    async function define(): Promise<Readonly<Record<string, string>>> {
      const types = { city: 'text', orders: 'number', wants_news: 'boolean', birthday: 'date' } as const;
      const plain = { ...types, renews_at: 'datetime' } as const;
      const chosen = { plan: 'select', topics: 'multi-select' } as const;
      const post = (to: string, body: object) => admin.post(to, body);
      const ids = [...(await defineFields(post, plain)), ...(await defineFields(post, chosen, { options }))];
      return Object.fromEntries(Object.keys({ ...plain, ...chosen }).map((key, at) => [key, ids[at] ?? '']));
    }

    it('each type › finds who has the value, also when the field is archived', async () => {
      const ids = await define();
      const id = await create('/api/contacts', { phoneNumber: nextNumber(), customFields: values });
      await create('/api/contacts', { phoneNumber: nextNumber() });
      const conditions = [
        ['city', 'eq', ' Berlin '],
        ['city', 'contains', 'Ber'],
        ['orders', 'between', [3, 4]],
        ['wants_news', 'eq', true],
        ['birthday', 'eq', '2000-02-29'],
        ['renews_at', 'lte', '2026-11-30T12:00:00Z'],
        ['plan', 'in', ['free', 'pro']],
        ['topics', 'eq', 'free'],
      ] as const;
      const filters = conditions.map(([key, op, value]) => ({ field: `customFields.${key}`, op, value }));
      for (const filter of filters) {
        const { count, sample } = await preview(filter);
        assert.deepEqual({ count, sample }, { count: 1, sample: [id] }, JSON.stringify(filter));
        assert.equal((await preview({ not: filter }))['count'], 1, JSON.stringify(filter));
      }
      for (const field of Object.values(ids))
        assert.equal((await admin.patch(path(field), { isArchived: true })).status, 200);
      assert.equal((await preview({ all: filters }))['count'], 1);
      const inVain = { field: 'customFields.city', op: 'eq', value: 'Berlin' };
      const refused = await stranger.post('/api/segments/preview', { filter: inVain });
      assert.deepEqual(issuePaths(refused), ['body.filter.field']);
    });

    it('a field that segments ask for › is not deleted, and the answer names them', async () => {
      const ids = await define();
      const city = { field: 'customFields.city', op: 'eq', value: 'Berlin' };
      const field = path(ids['city'] ?? '');
      const id = await create('/api/segments', { name: 'Berliners', filter: { any: [vip, { not: city }] } });
      const refused = await admin.delete(field);
      assert.deepEqual([codeOf(refused), refused.body['segmentIds']], ['409 in-use', [id]]);
      assert.match(refused.text, /“Berliners”/);
      assert.equal((await admin.patch(`/api/segments/${id}`, { filter: vip })).status, 200);
      assert.equal((await admin.delete(field)).status, 204);
      const late = await admin.patch(`/api/segments/${id}`, { filter: city });
      assert.deepEqual([codeOf(late), issuePaths(late)], ['400 invalid-input', ['body.filter.field']]);
    });

    it('a field that a segment begins to ask for meanwhile › the deletion waits, and is refused', async () => {
      const ids = await define();
      const { connection } = api();
      const filters = createSegmentFilters({
        customFields: createCustomFieldRepository(connection),
        tags: createTagRepository(connection),
        groups: createContactGroupRepository(connection),
      });
      const filter = { field: 'customFields.city', op: 'exists', value: true };
      const made = await create('/api/segments', { name: 'Some', filter: vip });
      let deleted: ReturnType<Member['delete']> | undefined;
      await createTransactions(connection)(async (session) => {
        const references = await filters.hold(admin, filter, session);
        deleted ??= admin.delete(path(ids['city'] ?? ''));
        await api()
          .collection<mongo.Document>('segments')
          .updateOne({ _id: new Types.ObjectId(made) }, { $set: { filter, references } }, { session });
      });
      const answer = await deleted;
      assert.ok(answer);
      assert.deepEqual([codeOf(answer), answer.body['segmentIds']], ['409 in-use', [made]]);
    });
  });

  it('a stored filter that names what is gone › is shown as invalid', async () => {
    const id = await create('/api/segments', { name: 'Berlin', filter: vip });
    const filter = { not: { field: 'customFields.city', op: 'eq', value: 'Berlin' } };
    await api()
      .collection<mongo.Document>('segments')
      .updateOne({ _id: Types.ObjectId.createFromHexString(id) }, { $set: { filter } });
    const { body } = await agent.get(`/api/segments/${id}`);
    assert.deepEqual(body['invalid'], [
      { path: 'filter.not.field', message: 'There is no such custom field.' },
    ]);
    const { body: page } = await agent.get('/api/segments');
    assert.equal((page['items'] as { invalid: unknown[] }[])[0]?.invalid.length, 1);
  });

  it('a preview › counts whom the filter finds, who cannot be reached, and says what it also finds', async () => {
    const consent = { optInStatus: 'opted-out', consent: { source: 'phone' } };
    const tag = await create('/api/tags', { name: 'Vip' });
    const tagged = { field: 'tags', op: 'has', value: [tag] };
    const first = await create('/api/contacts', { phoneNumber: nextNumber(), tags: ['vip'] });
    const second = await create('/api/contacts', { phoneNumber: nextNumber(), tags: ['vip'], ...consent });
    await create('/api/contacts', { phoneNumber: nextNumber('+9198111'), tags: ['vip'] });
    await create('/api/contacts', { phoneNumber: nextNumber() });
    assert.deepEqual(await preview({ all: [tagged, inGermany] }), {
      ...{
        count: 2,
        isExact: true,
        excluded: { ...nobody, optedOut: 1 },
        sample: [second, first],
        notes: [],
      },
    });
    const { count, notes } = await preview({ field: 'country', op: 'ne', value: 'IN' });
    assert.equal(count, 3);
    assert.deepEqual(notes, [
      { path: 'filter', field: 'country', message: 'Also matches contacts without country.' },
    ]);
    assert.deepEqual(await preview(vip, stranger), {
      ...{ count: 0, isExact: true, excluded: nobody, sample: [], notes: [] },
    });
  });

  it('a preview by lead › asks the leads of the business', async () => {
    const lead = await admin.post('/api/leads', { phoneNumber: nextNumber(), stage: 'won' });
    assert.equal(lead.status, 201, lead.text);
    await create('/api/contacts', { phoneNumber: nextNumber() });
    const won = { field: 'lead.stage', op: 'eq', value: 'won' };
    const { count, isExact, sample } = await preview(won);
    assert.deepEqual(
      { count, isExact, sample },
      {
        ...{ count: 1, isExact: true, sample: [lead.body['contactId']] },
      },
    );
    assert.equal((await preview({ not: won }))['count'], 1);
    assert.equal((await preview(won, stranger))['count'], 0);
  });
});
