import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { databaseOf, migrationOf } from '../support/migrations.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

describe('migration 0015', () => {
  let database: TestDatabase;

  before(async () => {
    database = await connectTestDatabase('confirmed_addresses', []);
  });
  after(() => database.close());

  it('users from before › count as confirmed since they were created; newer proofs stay; twice does no harm', async () => {
    const up = await migrationOf('0015-confirmed-addresses.js');
    const db = databaseOf(database);
    const users = db.collection('users');
    const [createdAt, proved] = [new Date('2026-11-01T00:00:00Z'), new Date('2026-11-20T00:00:00Z')];
    const [old, proven] = [new Types.ObjectId(), new Types.ObjectId()];
    await users.insertMany([
      { _id: old, email: 'old@example.com', createdAt },
      { _id: proven, email: 'proven@example.com', createdAt, emailConfirmedAt: proved },
    ]);
    await up(db);
    await up(db);
    assert.deepEqual((await users.findOne({ _id: old }))?.['emailConfirmedAt'], createdAt);
    assert.deepEqual((await users.findOne({ _id: proven }))?.['emailConfirmedAt'], proved);
  });
});
