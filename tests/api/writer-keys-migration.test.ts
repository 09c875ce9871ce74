import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { isDuplicateKey } from '../../src/platform/mongo.ts';
import { databaseOf, migrationOf } from '../support/migrations.ts';
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
    const messages = db.collection<{ _id: Types.ObjectId }>('messages');
    const [clientId, channelId] = [new Types.ObjectId(), new Types.ObjectId()];
    const insert = async (fields: object): Promise<'stored' | 'refused'> => {
      const message = { _id: new Types.ObjectId(), clientId, providerMessageId: 'wamid.1', channelId };
      try {
        await messages.insertOne({ ...message, ...fields });
        return 'stored';
      } catch (error) {
        if (isDuplicateKey(error)) return 'refused';
        throw error;
      }
    };
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
