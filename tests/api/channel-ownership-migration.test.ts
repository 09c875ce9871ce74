import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import { isDuplicateKey } from '../../src/platform/mongo.ts';
import { databaseOf, migrationOf } from '../support/migrations.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

describe('migration 0014 › channels of earlier versions', function () {
  this.timeout(30_000);
  let database: TestDatabase;
  let channels: mongo.Collection;
  let up: (db: mongo.Db) => Promise<void>;
  const at = new Date('2026-11-20T00:00:00Z');
  const channel = (phoneNumberId: string, fields: object = {}) => ({
    ...{
      _id: new Types.ObjectId(),
      clientId: new Types.ObjectId(),
      phoneNumberId,
      wabaId: 'w',
      createdAt: at,
    },
    ...fields,
  });
  const described = channel('1', { verification: { at, displayNumber: '+1' } });
  const unknown = channel('2');
  const ofSandbox = channel(`sandbox-${new Types.ObjectId().toHexString()}`);
  const stored = async (given: { readonly _id: Types.ObjectId }): Promise<mongo.Document> =>
    (await channels.findOne({ _id: given._id })) ?? {};

  before(async () => {
    database = await connectTestDatabase('ownership_migration', []);
    const db = databaseOf(database);
    channels = db.collection('channels');
    await channels.createIndex({ phoneNumberId: 1 }, { unique: true });
    await channels.insertMany([described, unknown, ofSandbox]);
    up = await migrationOf('0014-channel-ownership.js');
    await up(db);
  });
  after(() => database.close());

  it('the provider has described it › verified, and its account is checked at once', async () => {
    const { ownership, look } = await stored(described);
    assert.deepEqual(ownership, { state: 'verified', checkedAt: at, unproved: 'account' });
    assert.equal(look.tries, 0);
  });

  it('never described › unverified until its check, which is due', async () => {
    const { ownership, look } = await stored(unknown);
    assert.deepEqual(ownership, { state: 'unverified', gap: 'not-checked', candidate: unknown._id });
    assert.equal(look.tries, 0);
  });

  it('made for the sandbox › verified', async () => {
    const { ownership, look } = await stored(ofSandbox);
    assert.deepEqual([ownership, look], [{ state: 'verified', checkedAt: at }, undefined]);
  });

  it('afterwards › a number has one owner, also for the previous version; claims are free, once per client', async () => {
    const claimOf = (fields: object = {}) => {
      const fresh = channel('1', fields);
      return { ...fresh, ownership: { state: 'unverified', gap: 'not-checked', candidate: fresh._id } };
    };
    const first = claimOf();
    await channels.insertMany([first, claimOf(), claimOf()]);
    for (const refused of [
      channel('1'),
      channel('1', { ownership: { state: 'verified', checkedAt: at } }),
      claimOf({ clientId: first.clientId }),
    ])
      await assert.rejects(channels.insertOne(refused), isDuplicateKey);
    const names = (await channels.indexes()).map(({ name }) => String(name)).toSorted();
    assert.deepEqual(names, ['_id_', 'number-of-client', 'owner']);
  });

  it('repeated › changes nothing', async () => {
    const before = await channels.find().sort({ _id: 1 }).toArray();
    await up(database.connection.db as unknown as mongo.Db);
    assert.deepEqual(await channels.find().sort({ _id: 1 }).toArray(), before);
  });
});
