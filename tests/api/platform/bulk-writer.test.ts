import assert from 'node:assert/strict';
import mongoose, { type mongo } from 'mongoose';
import { createBulkWriter, DocumentTooLargeError } from '../../../src/platform/bulk-writer.ts';
import { connectMongo, isDuplicateKey } from '../../../src/platform/mongo.ts';
import { startTcpProxy } from '../../../proofs/faults/tcp-proxy.ts';
import { isDependencyAway } from '../../../src/http/problems.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';
import { watchedUri } from '../../support/wire-probe.ts';

interface Counter {
  readonly _id: number;
  readonly name?: string;
  readonly count?: number;
  readonly content?: string | object;
  readonly list?: readonly string[];
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

  describe('one bad write among those of other tenants', () => {
    const nested = (depth: number): object => {
      let value: object = {};
      for (let level = 0; level < depth; level += 1) value = { value };
      return value;
    };
    const insert = (document: Counter): mongo.AnyBulkWriteOperation<Counter>[] => [
      { insertOne: { document } },
    ];
    const bad: Readonly<Record<string, () => mongo.AnyBulkWriteOperation<Counter>[]>> = {
      'a document over 16 MB': () => insert({ _id: -1, content: 'x'.repeat(17 * 1024 * 1024) }),
      'a document just over 16 MB': () => insert({ _id: -1, content: 'x'.repeat(16 * 1024 * 1024 - 40) }),
      'an update over 16 MB': () => [
        { updateOne: { filter: { _id: 1 }, update: { $set: { content: 'x'.repeat(17 * 1024 * 1024) } } } },
      ],
      'an update that grows a document beyond 16 MB': () => [
        { updateOne: { filter: { _id: 0 }, update: { $push: { list: 'x'.repeat(9 * 1024 * 1024) } } } },
      ],
      'a key with a NUL': () => insert({ _id: -1, content: { 'a\0b': 1 } }),
      'more levels than MongoDB takes': () => insert({ _id: -1, content: nested(250) }),
      'a value that refers to itself': () => {
        const content: { self?: unknown } = {};
        content.self = content;
        return insert({ _id: -1, content });
      },
    };

    for (const [situation, operationsOf] of Object.entries(bad)) {
      it(`${situation} › only it is refused, and the rest is stored`, async function () {
        this.timeout(30_000);
        await counters.insertOne({ _id: 0, list: ['x'.repeat(9 * 1024 * 1024)] });
        const write = createBulkWriter(counters);
        const others = Array.from({ length: 40 }, (_value, index) => index + 1);
        const outcomes = await Promise.allSettled([
          ...others.slice(0, 20).map((_id) => write(insert({ _id }))),
          write(operationsOf()),
          ...others.slice(20).map((_id) => write(insert({ _id }))),
        ]);
        const refused = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [index] : []));
        assert.deepEqual(refused, [20], String((outcomes[0] as PromiseRejectedResult).reason));
        assert.equal(await counters.countDocuments({ _id: { $gt: 0 } }), 40);
      });
    }

    it('a document over 16 MB › a clear error, without a command', async () => {
      const write = createBulkWriter(counters);
      await assert.rejects(
        () => write(insert({ _id: 1, content: 'x'.repeat(17 * 1024 * 1024) })),
        (error) => error instanceof DocumentTooLargeError && /17825\d+ bytes/.test(error.message),
      );
    });

    it('many large documents at once › all stored, no command over 48 MB', async function () {
      this.timeout(60_000);
      const connection = await connectMongo({
        uri: watchedUri(database.uri),
        appName: 'test-bulk-large',
        maxPoolSize: 10,
      });
      const sizes: number[] = [];
      connection.getClient().on('commandStarted', ({ commandName, command }) => {
        if (commandName === 'insert') sizes.push((command['documents'] as unknown[]).length);
      });
      const write = createBulkWriter(connection.collection('counters') as unknown as typeof counters);
      const content = 'x'.repeat(4 * 1024 * 1024);
      const ids = Array.from({ length: 12 }, (_value, index) => index);
      await Promise.all(ids.map((_id) => write(insert({ _id, content }))));
      await connection.close();
      assert.equal(await counters.countDocuments({}), 12);
      assert.ok(Math.max(...sizes) <= 3, `documents of 4 MB in each command: ${sizes.join()}`);
    });

    it('every write is bad › each is refused, with a bounded number of commands', async () => {
      const connection = await connectMongo({
        uri: watchedUri(database.uri),
        appName: 'test-bulk-bad',
        maxPoolSize: 10,
      });
      let commands = 0;
      connection.getClient().on('commandStarted', ({ commandName }) => {
        if (commandName === 'insert') commands += 1;
      });
      const write = createBulkWriter(connection.collection('counters') as unknown as typeof counters);
      const content = nested(250);
      const ids = Array.from({ length: 400 }, (_value, index) => index);
      const outcomes = await Promise.allSettled(ids.map((_id) => write(insert({ _id, content }))));
      await connection.close();
      assert.ok(outcomes.every(({ status }) => status === 'rejected'));
      assert.ok(commands > 1 && commands <= 201, `${commands} commands`);
    });
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
