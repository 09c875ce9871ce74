import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { databaseOf, inserterInto, migrationOf } from '../support/migrations.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

describe('migration 0053', () => {
  let database: TestDatabase;

  before(async () => {
    database = await connectTestDatabase('message_identity', []);
  });
  after(() => database.close());

  it('an id on a channel › once per writer, and once for the old version and for the business; twice does no harm', async () => {
    const [first, up] = [
      await migrationOf('0001-first-indexes.js'),
      await migrationOf('0053-message-identity.js'),
    ];
    const db = databaseOf(database);
    const [clientId, channelId, writerId] = [
      new Types.ObjectId(),
      new Types.ObjectId(),
      new Types.ObjectId(),
    ];
    const insert = inserterInto(db.collection('messages'), {
      ...{ clientId, providerMessageId: 'wamid.1', channelId },
    });
    await first(db);
    assert.deepEqual([await insert({}), await insert({ writerId })], ['stored', 'refused']);
    await up(db);
    await up(db);
    assert.deepEqual(
      [await insert({}), await insert({ writerId }), await insert({ writerId })],
      ['refused', 'stored', 'refused'],
    );
    const others = [
      await insert({ writerId: new Types.ObjectId() }),
      await insert({ writerId, channelId: new Types.ObjectId() }),
      await insert({ clientId: new Types.ObjectId() }),
    ];
    assert.deepEqual(others, ['stored', 'stored', 'stored']);
  });
});
