import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { databaseOf, migrationOf } from '../support/migrations.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

describe('migration 0059', () => {
  let database: TestDatabase;

  before(async () => {
    database = await connectTestDatabase('custom_fields_migration', []);
  });
  after(() => database.close());

  it('values › get their attributes; keys with one type become fields, once; all others stay as they are', async () => {
    const up = await migrationOf('0059-custom-fields.js');
    const db = databaseOf(database);
    const contacts = db.collection('contacts');
    const [one, many] = [new Types.ObjectId(), new Types.ObjectId()];
    const insert = async (clientId: Types.ObjectId, customFields: object): Promise<Types.ObjectId> =>
      (await contacts.insertOne({ clientId, customFields, version: 3 })).insertedId;
    const values = { city: 'Berlin', orders: 3.5, vip: true, size: 'L', 'Old-Key': 'x' };
    const id = await insert(one, values);
    await insert(one, { size: 42, visits: 7 });
    const empty = await insert(one, {});
    await insert(
      many,
      Object.fromEntries(Array.from({ length: 50 }, (_value, index) => [`a${index}`, index])),
    );
    await insert(
      many,
      Object.fromEntries(Array.from({ length: 51 }, (_value, index) => [`b${index}`, index])),
    );
    await up(db);
    await db.collection('custom_fields').deleteOne({ clientId: one, key: 'orders' });
    await up(db);
    assert.deepEqual((await contacts.findOne({ _id: id }))?.['cf'], [
      { k: 'city', s: 'Berlin' },
      { k: 'orders', n: 3.5 },
      { k: 'vip', b: true },
      { k: 'size', s: 'L' },
      { k: 'Old-Key', s: 'x' },
    ]);
    assert.deepEqual((await contacts.findOne({ _id: id }))?.['customFields'], values);
    assert.equal('cf' in ((await contacts.findOne({ _id: empty })) ?? {}), false);
    const fields = await db.collection('custom_fields').find().sort({ clientId: 1, order: 1 }).toArray();
    assert.deepEqual(
      fields.map(({ clientId, key, label, type, order, slot }) => ({
        ...{ isOne: one.equals(clientId), key, label, type, order, slot },
      })),
      [
        ['city', 'text'],
        ['orders', 'number'],
        ['vip', 'boolean'],
        ['visits', 'number'],
      ].map(([key, type], order) => ({ isOne: true, key, label: key, type, order, slot: order })),
    );
    const [first] = fields;
    assert.deepEqual(
      [
        first?.['required'],
        first?.['version'],
        first?.['usedAt'] instanceof Date,
        first?.['createdAt'] instanceof Date,
      ],
      [false, 1, true, true],
    );
  });
});
