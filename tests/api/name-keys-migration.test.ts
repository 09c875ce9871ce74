import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { nameKeyOf } from '../../src/platform/name-key.ts';
import { databaseOf, migrationOf } from '../support/migrations.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

describe('migration 0024', () => {
  let database: TestDatabase;

  before(async () => {
    database = await connectTestDatabase('name_keys', []);
  });
  after(() => database.close());

  it('names from before › are found as names of today; twice does no harm', async () => {
    const up = await migrationOf('0024-name-keys.js');
    const db = databaseOf(database);
    const people = [
      { name: 'Søren Kierkegård', nameKey: 'søren kierkegard' },
      { name: 'Conan O’Brien', nameKey: 'conan o’brien' },
      { name: 'Ángela Müller', nameKey: 'angela muller' },
    ];
    for (const collection of ['contacts', 'leads', 'users'])
      await db
        .collection(collection)
        .insertMany(people.map((person) => ({ ...person, _id: new Types.ObjectId() })));
    await db.collection('contacts').insertOne({ _id: new Types.ObjectId(), phoneNumber: '+15550001001' });
    await up(db);
    await up(db);
    for (const collection of ['contacts', 'leads', 'users']) {
      const stored = await db
        .collection(collection)
        .find({ name: { $exists: true } })
        .sort({ _id: 1 })
        .toArray();
      assert.deepEqual(
        stored.map(({ nameKey }) => nameKey as string),
        people.map(({ name }) => nameKeyOf(name)),
      );
    }
    assert.equal(
      (await db.collection('contacts').findOne({ phoneNumber: '+15550001001' }))?.['nameKey'],
      undefined,
    );
  });
});
