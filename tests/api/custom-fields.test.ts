import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { createCustomFieldRepository } from '../../src/people/custom-fields/repository.ts';
import { createTransactions } from '../../src/platform/transaction.ts';
import { defineFields } from '../support/custom-fields.ts';
import { issuePaths } from '../support/http.ts';
import {
  addMember,
  codeOf,
  etagOf,
  ifMatch,
  signUpAdmin,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';

describe('custom fields', function () {
  this.timeout(60_000);
  const api = useMessagingApi('custom_fields');
  let admin: Member;
  let agent: Member;
  let stranger: Member;

  before(async () => {
    [admin, stranger] = await Promise.all([signUpAdmin(api()), signUpAdmin(api())]);
    agent = await addMember(api(), admin);
  });

  let counter = 0;
  const newKey = (): string => `key_${(counter += 1)}`;
  const newPhone = (): string => `+4915${String((counter += 1)).padStart(9, '0')}`;
  const path = (id: string) => `/api/custom-fields/${id}`;
  const options = [
    { key: 'free', label: 'Free' },
    { key: 'pro', label: 'Professional' },
  ];
  async function make(fields: object = {}): Promise<{ id: string; key: string }> {
    const key = newKey();
    const answer = await admin.post('/api/custom-fields', { key, label: 'City', type: 'text', ...fields });
    assert.equal(answer.status, 201, answer.text);
    return { id: String(answer.body['id']), key };
  }
  const createContact = (customFields: object, by = agent) =>
    by.post('/api/contacts', { phoneNumber: newPhone(), customFields });
  const contactOf = (id: string) => `/api/contacts/${id}`;
  const storedContact = (id: unknown) =>
    api()
      .collection('contacts')
      .findOne({ _id: new Types.ObjectId(String(id)) });
  const setField = (id: string, $set: object) =>
    api()
      .collection('custom_fields')
      .updateOne({ _id: new Types.ObjectId(id) }, { $set });

  describe('definitions', () => {
    it('create › 201 as sent, ETag, Location, audit event; agents read them and do not write', async () => {
      const key = newKey();
      const body = { key, label: ' Plan ', type: 'select', options, required: false, order: 7 };
      const made = await admin.post('/api/custom-fields', body);
      assert.equal(made.status, 201, made.text);
      const { id, createdAt: _at, ...shown } = made.body;
      assert.deepEqual(shown, { ...body, label: 'Plan', isArchived: false, archivedAt: null });
      assert.deepEqual([etagOf(made), made.headers.get('location')], ['"1"', path(String(id))]);
      const read = await agent.get(path(String(id)));
      assert.deepEqual([read.status, read.body], [200, made.body]);
      assert.equal((await agent.post('/api/custom-fields', { ...body, key: newKey() })).status, 403);
      assert.equal((await agent.patch(path(String(id)), { label: 'x' })).status, 403);
      assert.equal((await agent.delete(path(String(id)))).status, 403);
      for (const refused of [
        await stranger.get(path(String(id))),
        await stranger.patch(path(String(id)), { label: 'x' }),
        await stranger.delete(path(String(id))),
      ])
        assert.equal(codeOf(refused), '404 not-found');
      const [event] = await api().auditOf(String(id));
      assert.deepEqual(
        [event?.['action'], event?.['after'].key, event?.['after'].options],
        ['custom-field.created', key, options],
      );
    });

    it('wrong definitions › 400 with every path', async () => {
      const wrong: readonly [object, string[]][] = [
        [{ key: 'City', label: '', type: 'money', order: -1 }, ['key', 'label', 'type', 'order']],
        [{ key: 'a'.repeat(37), label: 'x', type: 'text', options }, ['key', 'options']],
        [{ key: 'a', label: 'x', type: 'text', options }, ['options']],
        [{ key: 'a', label: 'x', type: 'select' }, ['options']],
        [{ key: 'a', label: 'x', type: 'multi-select', options: [] }, ['options']],
        [{ key: 'a', label: 'x', type: 'select', options: [...options, options[0]] }, ['options.2.key']],
        [
          { key: 'a', label: 'x', type: 'select', options: [{ key: 'A b', label: '' }] },
          ['options.0.key', 'options.0.label'],
        ],
      ];
      for (const [body, paths] of wrong) {
        const answer = await admin.post('/api/custom-fields', body);
        assert.equal(codeOf(answer), '400 invalid-input', answer.text);
        assert.deepEqual(issuePaths(answer).toSorted(), paths.map((each) => `body.${each}`).toSorted());
      }
    });

    it('a key › once in a business, and free in another', async () => {
      const { id, key } = await make();
      const again = await admin.post('/api/custom-fields', { key, label: 'x', type: 'number' });
      assert.deepEqual(
        [codeOf(again), again.body['existingId'], issuePaths(again)],
        ['409 already-exists', id, ['body.key']],
      );
      assert.equal(
        (await stranger.post('/api/custom-fields', { key, label: 'x', type: 'text' })).status,
        201,
      );
    });

    it('change › label, options, required and order, with If-Match; key and type never', async () => {
      const { id } = await make({ type: 'select', options });
      const patch = { label: 'Tariff', options: options.slice(1), required: true, order: 3 };
      const answer = await admin.patch(path(id), patch, { 'if-match': '"1"' });
      const { label, options: left, required, order } = answer.body;
      assert.deepEqual([answer.status, { label, options: left, required, order }], [200, patch]);
      assert.equal(
        codeOf(await admin.patch(path(id), { label: 'x' }, { 'if-match': '"1"' })),
        '412 precondition-failed',
      );
      assert.equal(etagOf(await admin.patch(path(id), patch)), '"2"', 'the same again changes nothing');
      const fixed = await admin.patch(path(id), { key: 'other', type: 'text', label: 'x' });
      assert.deepEqual(issuePaths(fixed).toSorted(), ['body.key', 'body.type']);
      const text = await make();
      assert.deepEqual(issuePaths(await admin.patch(path(text.id), { options })), ['body.options']);
      await admin.patch(path(id), { required: false });
    });

    it('list › by order, page by page', async () => {
      const other = await signUpAdmin(api());
      const keys = ['d', 'a', 'c', 'b', 'e'];
      for (const [index, key] of keys.entries())
        await defineFields(
          (to, body) => other.post(to, body),
          { [key]: 'text' },
          { order: index === 2 ? 1 : index },
        );
      const seen: unknown[] = [];
      let more = '';
      do {
        const page = await other.get(`/api/custom-fields?limit=2${more}`);
        seen.push(...(page.body['items'] as { key: string }[]).map(({ key }) => key));
        const next = page.body['nextCursor'] as string | null;
        more = next === null ? '' : `&cursor=${next}`;
      } while (more !== '');
      assert.deepEqual(seen, keys);
      const last = await other.post('/api/custom-fields', { key: 'z', label: 'z', type: 'text' });
      assert.equal(last.body['order'], 5, 'without an order it comes last');
    });

    it('the hundred and first, also of many at once › 400', async () => {
      const other = await signUpAdmin(api());
      const add = (key: string) => other.post('/api/custom-fields', { key, label: key, type: 'text' });
      await api()
        .collection('custom_fields')
        .insertMany(
          Array.from({ length: 97 }, (_value, slot) => ({
            ...{ clientId: other.clientId, key: `f${slot}`, label: 'x', type: 'text', required: false },
            ...{ order: slot, slot, createdAt: new Date(), version: 1 },
          })),
        );
      const answers = await Promise.all(Array.from({ length: 8 }, (_value, index) => add(`g${index}`)));
      assert.deepEqual(
        [201, 400].map((wanted) => answers.filter(({ status }) => status === wanted).length),
        [3, 5],
      );
      assert.equal(await api().collection('custom_fields').countDocuments({ clientId: other.clientId }), 100);
    });
  });

  describe('values', () => {
    it('each type › shown as an object, stored for queries; a wrong one of each is refused with its path', async () => {
      const kept: Record<string, unknown> = {
        ...{ text: 'Berlin', number: 3, boolean: false, date: '2026-11-23', select: 'pro' },
        ...{ datetime: '2026-11-23T09:00:00.000Z', multi_select: ['pro', 'free'] },
      };
      const other = await signUpAdmin(api());
      for (const key of Object.keys(kept)) {
        const type = key.replace('_', '-');
        const more = type.endsWith('select') ? { options } : {};
        await defineFields((to, body) => other.post(to, body), { [key]: type as 'text' }, more);
      }
      const made = await createContact({ ...kept, datetime: '2026-11-23T10:00:00+01:00' }, other);
      assert.deepEqual([made.status, made.body['customFields']], [201, kept], made.text);
      assert.deepEqual((await storedContact(made.body['id']))?.['cf'], [
        { k: 'text', s: 'Berlin' },
        { k: 'number', n: 3 },
        { k: 'boolean', b: false },
        { k: 'date', d: new Date('2026-11-23T00:00:00Z') },
        { k: 'select', s: 'pro' },
        { k: 'datetime', d: new Date('2026-11-23T09:00:00Z') },
        { k: 'multi_select', s: 'pro' },
        { k: 'multi_select', s: 'free' },
      ]);
      const wrong = {
        ...{ text: 1, number: 'x', boolean: 'x', date: 'x', datetime: 'x', select: 'x', none: 1 },
        ...{ multi_select: ['free', 'x'] },
      };
      const paths = Object.keys(wrong).map(
        (key) => `body.customFields.${key}${key === 'multi_select' ? '.1' : ''}`,
      );
      for (const answer of [
        await createContact(wrong, other),
        await other.patch(contactOf(String(made.body['id'])), { customFields: wrong }),
      ]) {
        assert.equal(codeOf(answer), '400 invalid-input', answer.text);
        assert.deepEqual(issuePaths(answer).toSorted(), paths.toSorted());
      }
      const cleared = await other.patch(contactOf(String(made.body['id'])), {
        customFields: { text: ' ', number: null, date: '2026-11-24' },
      });
      const { number: _gone, ...rest } = kept;
      assert.deepEqual(cleared.body['customFields'], { ...rest, date: '2026-11-24' });
      await other.patch(contactOf(String(made.body['id'])), { name: 'Ana' });
      const after = (await storedContact(made.body['id']))?.['cf'] as { k: string; d?: Date }[];
      assert.deepEqual(
        after.filter(({ k }) => k === 'date' || k === 'number'),
        [{ k: 'date', d: new Date('2026-11-24T00:00:00Z') }],
      );
    });

    it('archived › the value stays and is shown, new ones are refused until it is restored', async () => {
      const { id, key } = await make();
      const contact = await createContact({ [key]: 'Berlin' });
      const of = contactOf(String(contact.body['id']));
      const archived = await admin.patch(path(id), { isArchived: true });
      assert.deepEqual([archived.body['isArchived'], typeof archived.body['archivedAt']], [true, 'string']);
      assert.equal(etagOf(await admin.patch(path(id), { isArchived: true })), '"2"');
      assert.deepEqual((await agent.get(of)).body['customFields'], { [key]: 'Berlin' });
      assert.equal((await agent.patch(of, { name: 'Ana', customFields: { [key]: 'Berlin' } })).status, 200);
      const refused = await agent.patch(of, { customFields: { [key]: 'Bonn' } });
      assert.deepEqual(
        [codeOf(refused), issuePaths(refused)],
        ['400 invalid-input', [`body.customFields.${key}`]],
      );
      assert.equal((await admin.patch(path(id), { isArchived: false })).body['archivedAt'], null);
      assert.equal((await agent.patch(of, { customFields: { [key]: 'Bonn' } })).status, 200);
    });

    it('a required field › asked of new contacts by users, kept by all, and not asked of leads', async () => {
      const other = await signUpAdmin(api());
      const [id = ''] = await defineFields(
        (to, body) => other.post(to, body),
        { city: 'text' },
        { required: true },
      );
      const without = await other.post('/api/contacts', { phoneNumber: newPhone() });
      assert.deepEqual(
        [codeOf(without), issuePaths(without)],
        ['400 invalid-input', ['body.customFields.city']],
      );
      const contact = await createContact({ city: 'Berlin' }, other);
      for (const customFields of [null, { city: null }])
        assert.deepEqual(
          issuePaths(await other.patch(contactOf(String(contact.body['id'])), { customFields })),
          ['body.customFields.city'],
        );
      const lead = await other.post('/api/leads', { phoneNumber: newPhone() });
      assert.equal(lead.status, 201, lead.text);
      assert.equal(
        (await other.patch(contactOf(String(lead.body['contactId'])), { name: 'Ana' })).status,
        200,
      );
      assert.equal((await other.delete(path(id))).status, 409);
    });
  });

  describe('delete', () => {
    it('never used › 204, and the key is free; used › 409 with contacts, until cleared and archived for two minutes', async () => {
      const unused = await make();
      assert.equal(
        (await admin.delete(path(unused.id), ifMatch(await admin.get(path(unused.id))))).status,
        204,
      );
      const { id, key } = await make();
      const contact = await createContact({ [key]: 'Berlin' });
      const contactId = String(contact.body['id']);
      const inUse = await admin.delete(path(id));
      assert.deepEqual([codeOf(inUse), inUse.body['contactIds']], ['409 in-use', [contactId]]);
      await agent.patch(contactOf(contactId), { customFields: { [key]: null } });
      const active = await admin.delete(path(id));
      assert.deepEqual([codeOf(active), active.body['state']], ['409 wrong-state', 'active']);
      await admin.patch(path(id), { isArchived: true });
      assert.equal((await admin.delete(path(id))).body['state'], 'archived');
      await setField(id, { archivedAt: new Date(Date.now() - 121_000) });
      assert.equal((await admin.delete(path(id))).status, 204);
      assert.equal((await admin.post('/api/custom-fields', { key, label: 'x', type: 'number' })).status, 201);
    });

    it('while the first contact gets a value › waits for it, and is refused', async () => {
      const { id, key } = await make();
      const { connection } = api();
      const fields = createCustomFieldRepository(connection);
      const contact = await createContact({});
      const _id = new Types.ObjectId(String(contact.body['id']));
      let deleted: ReturnType<Member['delete']> | undefined;
      await createTransactions(connection)(async (session) => {
        const ids = [new Types.ObjectId(id)];
        await fields.markUsed(admin, ids, { usedAt: new Date(), session });
        deleted ??= admin.delete(path(id));
        await api()
          .collection('contacts')
          .updateOne(
            { _id },
            { $set: { customFields: { [key]: 'x' }, cf: [{ k: key, s: 'x' }] } },
            { session },
          );
      });
      const answer = await deleted;
      assert.ok(answer);
      assert.equal(codeOf(answer), '409 in-use');
    });

    it('values without a definition › shown, kept and cleared, never set; their key is not free', async () => {
      const contact = await createContact({});
      const _id = new Types.ObjectId(String(contact.body['id']));
      const key = newKey();
      const of = contactOf(_id.toHexString());
      await api()
        .collection('contacts')
        .updateOne(
          { _id },
          { $set: { customFields: { [key]: 'x', 'Old-Key': 1 }, cf: [{ k: key, s: 'x' }] } },
        );
      const same = await agent.patch(of, { customFields: { [key]: 'x', 'Old-Key': 1 } });
      assert.deepEqual([same.status, same.body['customFields']], [200, { [key]: 'x', 'Old-Key': 1 }]);
      assert.equal((await agent.patch(of, { customFields: { 'Old-Key': 2 } })).status, 400);
      const refused = await admin.post('/api/custom-fields', { key, label: 'x', type: 'text' });
      assert.deepEqual([codeOf(refused), refused.body['contactIds']], ['409 in-use', [_id.toHexString()]]);
      assert.deepEqual((await agent.patch(of, { customFields: null })).body['customFields'], {});
      assert.equal((await admin.post('/api/custom-fields', { key, label: 'x', type: 'text' })).status, 201);
    });
  });
});
