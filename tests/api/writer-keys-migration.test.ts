import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { databaseOf, inserterInto, migrationOf } from '../support/migrations.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

describe('migration 0058', () => {
  let database: TestDatabase;

  before(async () => {
    database = await connectTestDatabase('writer_keys', []);
  });
  after(() => database.close());

  it('an id on a channel › once for each name of its writer; messages of the old version stay as they are', async () => {
    const up = await migrationOf('0058-writer-keys.js');
    const db = databaseOf(database);
    const [clientId, channelId] = [new Types.ObjectId(), new Types.ObjectId()];
    const insert = inserterInto(db.collection('messages'), {
      ...{ clientId, providerMessageId: 'wamid.1', channelId },
    });
    assert.deepEqual([await insert({}), await insert({})], ['stored', 'stored']);
    await up(db);
    await up(db);
    const both = { writerKeys: ['tel:+491701234501', 'id:DE.1'] };
    assert.deepEqual(
      [await insert({}), await insert(both), await insert({ writerKeys: ['id:DE.1'] })],
      ['stored', 'stored', 'refused'],
    );
    const others = [
      await insert({ writerKeys: ['id:DE.2'] }),
      await insert({ ...both, channelId: new Types.ObjectId() }),
      await insert({ ...both, clientId: new Types.ObjectId() }),
      await insert({ ...both, providerMessageId: 'wamid.2' }),
    ];
    assert.deepEqual(others, ['stored', 'stored', 'stored', 'stored']);
  });
});
