import assert from 'node:assert/strict';
import { pendingMigrations, runMigrations } from '../../../src/platform/migrations.ts';
import { connectMongo } from '../../../src/platform/mongo.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';

describe('migrations', function () {
  this.timeout(30_000);
  let database: TestDatabase;

  beforeEach(async () => {
    database = await connectTestDatabase('migrations', []);
  });
  afterEach(() => database.close());

  const locks = () => database.connection.collection<{ _id: string; takenAt: Date }>('migrations_lock');

  it('an empty database › all run, in order, once; the lock is free again', async () => {
    const pending = await pendingMigrations(database.connection);
    assert.ok(pending.length > 0);
    assert.deepEqual(pending, pending.toSorted());
    assert.deepEqual(await runMigrations(database.connection), pending);
    assert.deepEqual(await pendingMigrations(database.connection), []);
    assert.deepEqual(await runMigrations(database.connection), []);
    assert.equal(await locks().countDocuments({}), 0);
  });

  it('five processes at once › one runs them, the others wait and find nothing to do', async () => {
    const pending = await pendingMigrations(database.connection);
    const runs = await Promise.all(Array.from({ length: 5 }, () => runMigrations(database.connection)));
    assert.deepEqual(
      runs.filter((run) => run.length > 0),
      [pending],
    );
  });

  it('a lock whose holder died long ago › is taken over', async () => {
    await locks().insertOne({ _id: 'migrate', takenAt: new Date(Date.now() - 700_000) });
    assert.ok((await runMigrations(database.connection)).length > 0);
  });

  it('the connection is closed right after › nothing is left behind that could fail', async () => {
    // The library's own lock left work under way, which ended the process with an error after all had gone well.
    const rejected: unknown[] = [];
    const note = (error: unknown) => void rejected.push(error);
    process.on('unhandledRejection', note);
    try {
      for (let run = 0; run < 20; run += 1) {
        const other = await connectMongo({ uri: database.uri, appName: 'test-migrate', maxPoolSize: 2 });
        await runMigrations(other);
        await other.close();
      }
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', note);
    }
    assert.deepEqual(rejected, []);
  });
});
