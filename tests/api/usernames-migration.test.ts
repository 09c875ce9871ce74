import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { usernameKeyOf } from '../../src/people/contacts/rules.ts';
import { databaseOf, migrationOf } from '../support/migrations.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

describe('migration 0026', () => {
  let database: TestDatabase;

  before(async () => {
    database = await connectTestDatabase('usernames', []);
  });
  after(() => database.close());

  it('contacts from before › they and their leads are found by the username; twice does no harm', async () => {
    const up = await migrationOf('0026-usernames.js');
    const db = databaseOf(database);
    const clientId = new Types.ObjectId();
    const contacts = ['Ana.Souza', '@Bob_2', undefined].map((username) => ({
      ...{ _id: new Types.ObjectId(), clientId },
      ...(username === undefined ? {} : { username }),
    }));
    await db.collection('contacts').insertMany(contacts);
    const leads = contacts.map(({ _id }) => ({ _id: new Types.ObjectId(), clientId, contactId: _id }));
    const foreign = { ...leads[0], _id: new Types.ObjectId(), clientId: new Types.ObjectId() };
    await db.collection('leads').insertMany([...leads, foreign]);
    await up(db);
    await up(db);
    const keys = async (collection: string) =>
      (await db.collection(collection).find().sort({ _id: 1 }).toArray()).map(
        ({ usernameKey }) => usernameKey as unknown,
      );
    const expected = ['ana.souza', 'bob_2', undefined];
    assert.deepEqual(
      contacts.map(({ username }) => (username === undefined ? undefined : usernameKeyOf(username))),
      expected,
    );
    assert.deepEqual(await keys('contacts'), expected);
    assert.deepEqual(await keys('leads'), [...expected, undefined]);
    const lead = await db.collection('leads').findOne({ _id: leads[0]?._id ?? new Types.ObjectId() });
    assert.equal(lead?.['username'], 'Ana.Souza');
    const indexes = await db.collection('leads').indexes();
    assert.ok(indexes.some(({ key }) => 'usernameKey' in key));
  });
});
