import assert from 'node:assert/strict';
import mongoose, { type mongo } from 'mongoose';
import { createBulkWriter } from '../../../src/platform/bulk-writer.ts';
import { connectMongo, isDuplicateKey } from '../../../src/platform/mongo.ts';
import { startTcpProxy } from '../../../proofs/faults/tcp-proxy.ts';
import { isDependencyAway } from '../../../src/http/problems.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';
import { watchedUri } from '../../support/wire-probe.ts';

interface Counter {
  readonly _id: number;
  readonly name?: string;
  readonly count?: number;
}

describe('platform › bulk writer', () => {
  let database: TestDatabase;
  let counters: mongo.Collection<Counter>;

  before(async () => {
    database = await connectTestDatabase('bulk', []);
    counters = database.connection.collection('counters') as unknown as mongo.Collection<Counter>;
    await counters.createIndex({ name: 1 }, { unique: true, sparse: true });
  });
  beforeEach(() => counters.deleteMany({}));
  after(() => database.close());

  it('concurrent writes › few commands, all stored', async () => {
    const uri = watchedUri(database.uri);
    const connection = await connectMongo({ uri, appName: 'test-bulk-watched', maxPoolSize: 10 });
    const commands: string[] = [];
    connection.getClient().on('commandStarted', ({ commandName }) => commands.push(commandName));
    const write = createBulkWriter(connection.collection('counters') as unknown as typeof counters);
    const ids = Array.from({ length: 300 }, (_, index) => index);
    await Promise.all(ids.map((_id) => write([{ insertOne: { document: { _id, count: 0 } } }])));
    await Promise.all(ids.map((_id) => write([increment(_id), increment(_id)])));
    await connection.close();
    assert.deepEqual(
      commands.filter((name) => name === 'insert' || name === 'update'),
      ['insert', 'update'],
    );
    assert.equal(await counters.countDocuments({ count: 2 }), 300);
  });

  it('one refused write › fails with its reason, and the rest of its batch is stored', async () => {
    await counters.insertOne({ _id: 1, name: 'taken' });
    const write = createBulkWriter(counters);
    const outcomes = await Promise.allSettled([
      write([{ insertOne: { document: { _id: 2 } } }, { insertOne: { document: { _id: 3 } } }]),
      write([{ insertOne: { document: { _id: 4, name: 'taken' } } }]),
      write([{ insertOne: { document: { _id: 5 } } }]),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    const [, refused] = outcomes;
    assert.ok(refused?.status === 'rejected' && isDuplicateKey(refused.reason));
    assert.ok(refused.reason instanceof Error && refused.reason.name === 'MongoServerError');
    assert.deepEqual(await counters.distinct('_id'), [1, 2, 3, 5]);
  });

  it('the database is away › every write fails with the connection error', async () => {
    const target = new URL(database.uri);
    const proxy = await startTcpProxy(0, () => Number(target.port));
    const uri = `mongodb://127.0.0.1:${proxy.port}${target.pathname}?directConnection=true`;
    const client = await new mongoose.mongo.MongoClient(uri, { serverSelectionTimeoutMS: 100 }).connect();
    const write = createBulkWriter(client.db().collection<Counter>('counters'));
    await write([increment(0)]);
    await proxy.close();
    const outcomes = await Promise.allSettled([write([increment(1)]), write([increment(2)])]);
    for (const outcome of outcomes) {
      assert.ok(outcome.status === 'rejected' && isDependencyAway(outcome.reason), outcome.status);
    }
    await client.close();
  });
});

const increment = (_id: number): mongo.AnyBulkWriteOperation<Counter> => ({
  updateOne: { filter: { _id }, update: { $inc: { count: 1 } } },
});
