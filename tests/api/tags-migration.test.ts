import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import { databaseOf, migrationOf } from '../support/migrations.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

describe('migration 0064', () => {
  let database: TestDatabase;

  before(async () => {
    database = await connectTestDatabase('tags_migration', []);
  });
  after(() => database.close());

  it('tags and segments › hold ids of one tag for each name, and a second run changes nothing', async () => {
    const up = await migrationOf('0064-tags-and-groups.js');
    const db = databaseOf(database);
    const [contacts, segments] = [db.collection('contacts'), db.collection<mongo.Document>('segments')];
    await contacts.createIndex({ clientId: 1, tags: 1, createdAt: -1, _id: -1 });
    const [one, other, third] = [new Types.ObjectId(), new Types.ObjectId(), new Types.ObjectId()];
    const insert = async (clientId: Types.ObjectId, tags: readonly string[]): Promise<Types.ObjectId> =>
      (await contacts.insertOne({ clientId, tags, version: 3 })).insertedId;
    const ana = await insert(one, ['vip', 'Größe', 'VIP']);
    const ben = await insert(one, ['VIP']);
    const cem = await insert(one, []);
    const dia = await insert(other, ['vip']);
    const asked = (value: readonly string[]) => ({ field: 'tags', op: 'has', value });
    const plain = { field: 'country', op: 'eq', value: 'DE' };
    const { insertedId: segment } = await segments.insertOne({
      ...{ clientId: one, references: { fields: ['tags', 'country'], tags: ['Vip', 'rare'] }, version: 1 },
      filter: { all: [plain, { not: { any: [asked(['Vip', 'rare', 'VIP']), asked(['grosse'])] } }] },
    });
    // A name may look like an id.
    const hex = String(new Types.ObjectId());
    const { insertedId: alike } = await segments.insertOne({
      ...{ clientId: third, references: { fields: ['tags'], tags: [hex] }, filter: asked([hex]), version: 1 },
    });
    const { insertedId: without } = await segments.insertOne({
      ...{ clientId: one, references: { fields: ['country'], tags: [] }, filter: plain, version: 1 },
    });
    await up(db);
    const state = async () => ({
      tags: await db.collection('tags').find().sort({ clientId: 1, slot: 1 }).toArray(),
      contacts: await contacts.find().sort({ _id: 1 }).toArray(),
      segments: await segments.find().sort({ _id: 1 }).toArray(),
    });
    const first = await state();
    await up(db);
    assert.deepEqual(await state(), first);

    const own = first.tags.filter(({ clientId }) => one.equals(clientId));
    assert.deepEqual(
      own.map(({ name, nameKey, slot, version }) => [name, nameKey, slot, version]),
      [
        ['VIP', 'vip', 0, 1],
        ['Größe', 'grosse', 1, 1],
        ['rare', 'rare', 2, 1],
      ],
    );
    const [vip, size, rare] = own.map(({ _id }) => String(_id));
    const tagIds = async (_id: Types.ObjectId) => (await contacts.findOne({ _id }))?.['tagIds']?.map(String);
    assert.deepEqual(
      [await tagIds(ana), await tagIds(ben), await tagIds(cem)],
      [[vip, size], [vip], undefined],
    );
    assert.deepEqual((await contacts.findOne({ _id: ana }))?.['tags'], ['vip', 'Größe', 'VIP']);
    assert.deepEqual(
      await tagIds(dia),
      first.tags.filter(({ clientId }) => other.equals(clientId)).map(({ _id }) => String(_id)),
    );
    const changed = await segments.findOne({ _id: segment });
    assert.deepEqual(changed?.['filter'], {
      all: [plain, { not: { any: [asked([vip ?? '', rare ?? '']), asked([size ?? ''])] } }],
    });
    assert.deepEqual(
      [changed?.['references'].tags, changed?.['references'].groups, changed?.['version']],
      [[vip, rare, size], [], 2],
    );
    const named = first.tags.find(({ name }) => name === hex);
    assert.ok(third.equals(named?.['clientId']));
    assert.deepEqual((await segments.findOne({ _id: alike }))?.['filter'], asked([String(named?._id)]));
    assert.equal((await segments.findOne({ _id: without }))?.['version'], 1);
    assert.equal(
      (await contacts.indexes()).some(({ key }) => 'tags' in key),
      false,
    );
  });
});
