import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Types, type mongo } from 'mongoose';
import { rootDir } from '../../scripts/paths.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

describe('migration 0015', () => {
  let database: TestDatabase;

  before(async () => {
    database = await connectTestDatabase('confirmed_addresses', []);
  });
  after(() => database.close());

  it('users from before › count as confirmed since they were created; newer proofs stay; twice does no harm', async () => {
    const file = join(rootDir, 'migrations', '0015-confirmed-addresses.js');
    const { up } = (await import(pathToFileURL(file).href)) as { up: (db: mongo.Db) => Promise<void> };
    const db = database.connection.db as unknown as mongo.Db;
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
