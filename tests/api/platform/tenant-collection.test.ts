import assert from 'node:assert/strict';
import type { Types } from 'mongoose';
import { declareTenantModel } from '../../../src/platform/declare-model.ts';
import { newId } from '../../../src/platform/ids.ts';
import { connectMongo, isDuplicateKey, scopeOf, type ClientScope } from '../../../src/platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../../src/platform/tenant-collection.ts';
import type { ScopedFilter } from '../../../src/platform/tenant-queries.ts';
import { userModel } from '../../../src/identity/users/model.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';
import { watchedUri, watchWire } from '../../support/wire-probe.ts';

interface Word {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly text: string;
  readonly count: number;
  readonly version: number;
}

const wordModel = declareTenantModel<Word>('words', { text: String, count: Number, version: Number });
wordModel.schema.index({ clientId: 1, text: 1 }, { unique: true });

describe('platform › tenant collection', () => {
  let database: TestDatabase;
  let words: TenantCollection<Word>;
  let mine: ClientScope;
  let theirs: ClientScope;

  before(async () => {
    database = await connectTestDatabase('tenant_collection', [wordModel]);
    words = openTenantCollection(wordModel, database.connection);
  });
  beforeEach(() => {
    mine = scopeOf(newId());
    theirs = scopeOf(newId());
  });
  after(() => database?.close());

  const build = (text: string, owner: ClientScope = theirs): Word => ({
    ...{ _id: newId(), text, count: 0, version: 1 },
    ...owner,
  });
  const textsOf = async (scope: ClientScope) =>
    (await words.find(scope, {})).map(({ text }) => text).toSorted();

  /** As written by a developer who bypasses the types. */
  const overriding = (scope: ClientScope) => ({ ...scope }) as unknown as ScopedFilter<Word>;

  it('a document that names another client › stored under the scope’s client, however it is inserted', async () => {
    await words.insertOne(mine, build('one'));
    await words.insertMany(mine, [build('two'), build('three')]);
    await words.insertMany(mine, []);
    await words.createBulkWriter()(mine, [{ insertOne: { document: build('four') } }]);
    assert.deepEqual(await textsOf(mine), ['four', 'one', 'three', 'two']);
    assert.deepEqual(await textsOf(theirs), []);
  });

  it('a filter that names another client › finds and changes only the scope’s documents', async () => {
    await words.insertOne(theirs, build('secret'));
    const filter = overriding(theirs);
    assert.deepEqual(await words.find(mine, filter), []);
    assert.equal(await words.findOne(mine, filter), null);
    assert.equal(await words.count(mine, filter), 0);
    assert.deepEqual(await words.aggregate(mine, filter, [{ $count: 'count' }]), []);
    assert.equal(await words.findOneAndUpdate(mine, filter, { $set: { count: 1 } }), null);
    assert.equal((await words.updateOne(mine, filter, { $set: { count: 1 } })).matchedCount, 0);
    assert.equal((await words.updateMany(mine, filter, { $set: { count: 1 } })).matchedCount, 0);
    assert.equal(await words.findOneAndDelete(mine, filter), null);
    assert.equal(await words.deleteOne(mine, filter), false);
    assert.equal(await words.deleteMany(mine, filter), 0);
    assert.deepEqual(
      (await words.find(theirs, {})).map(({ text, count }) => ({ text, count })),
      [{ text: 'secret', count: 0 }],
    );
  });

  it('a filter that only says “or” › has the scope in each part', async () => {
    await words.insertMany(mine, [build('one'), build('two'), build('three')]);
    await words.insertMany(theirs, [build('one'), build('two')]);
    const parts = [{ text: 'one' }, { $or: [{ text: 'two', ...overriding(theirs) }, { text: 'four' }] }];
    const count = [{ $count: 'count' }];
    assert.deepEqual(await words.aggregate(mine, { $or: parts.slice(0, 1) }, count), [{ count: 1 }]);
    assert.deepEqual(await words.aggregate(mine, { $or: parts, count: 0 }, count), [{ count: 1 }]);
    assert.deepEqual(await words.aggregate(mine, { $or: parts }, count), [{ count: 2 }]);
    assert.deepEqual(await words.aggregate(scopeOf(newId()), { $or: parts }, count), []);
  });

  it('writes of many clients at the same time › are one command, each pinned to its client', async () => {
    const uri = watchedUri(database.uri);
    const connection = await connectMongo({ uri, appName: 'test-tenant-collection', maxPoolSize: 5 });
    const commands: string[] = [];
    connection.getClient().on('commandStarted', ({ commandName }) => commands.push(commandName));
    const word = build('same', mine);
    await words.insertOne(mine, word);
    const write = openTenantCollection(wordModel, connection).createBulkWriter();
    const increment = { updateOne: { filter: { _id: word._id }, update: { $inc: { count: 1 } } } };
    await Promise.all([write(mine, [increment]), write(theirs, [increment]), write(mine, [increment])]);
    await connection.close();
    assert.deepEqual(
      commands.filter((name) => name === 'update'),
      ['update'],
    );
    assert.equal((await words.findOne(mine, { _id: word._id }))?.count, 2);
  });

  it('a replacement › by the version that was read; the second of two, or another client, gets false', async () => {
    const current = build('old', mine);
    await words.insertOne(mine, current);
    const next = { ...current, text: 'new', version: 2 };
    assert.equal(await words.replaceVersioned(theirs, current, next), false);
    assert.equal(await words.replaceVersioned(mine, current, { ...next, ...theirs }), true);
    assert.equal(await words.replaceVersioned(mine, current, next), false);
    assert.deepEqual(await words.find(mine, {}), [next]);
  });

  it('concurrent inserts of one document › one document; a refusing index reports it', async () => {
    const updates = Array.from({ length: 10 }, () => [
      words.upsertOne(mine, { text: 'many' }, { $inc: { count: 1 }, $setOnInsert: { version: 1 } }),
      words.findOrInsert(mine, { text: 'many' }, { $inc: { count: 1 }, $setOnInsert: { version: 1 } }),
    ]);
    await Promise.all(updates.flat());
    assert.deepEqual(
      (await words.find(mine, {})).map(({ text, count }) => ({ text, count })),
      [{ text: 'many', count: 20 }],
    );
    await assert.rejects(words.insertOne(mine, build('many')), isDuplicateKey);
    await words.insertOne(theirs, build('many'));
  });

  it('a query across clients in the wrong place › compiles, and the wire probe reports it', async () => {
    const uri = watchedUri(database.uri);
    const connection = await connectMongo({ uri, appName: 'test-tenant-probe', maxPoolSize: 5 });
    const probe = watchWire(connection);
    const users = openTenantCollection(userModel, connection);
    await users.acrossClients.findOne({ email: 'ada@example.com' });
    await users.find(mine, { role: 'admin' });
    assert.deepEqual(probe.takeViolations(), []);
    await users.acrossClients.find({ role: 'admin' }, { limit: 1 });
    assert.deepEqual(probe.takeViolations(), ['find on users is not pinned to a client; it names: role']);
    assert.equal(probe.seen(), 3);
    await connection.close();
  });
});
