import assert from 'node:assert/strict';
import { LostMigrationLock, takeMigrationLock } from '../../../src/platform/migration-lock.ts';
import { pendingMigrations, runMigrations } from '../../../src/platform/migrations.ts';
import { connectMongo, databaseOf, type MongoConnection } from '../../../src/platform/mongo.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';

describe('migrations', function () {
  this.timeout(30_000);
  let database: TestDatabase;

  beforeEach(async () => {
    database = await connectTestDatabase('migrations', []);
  });
  afterEach(() => database.close());

  interface Lock {
    readonly _id: string;
    readonly owner?: string;
    readonly takenAt: Date;
    readonly expiresAt?: Date;
  }
  const locks = () => database.connection.collection<Lock>('migrations_lock');
  const inMs = (ms: number) => new Date(Date.now() + ms);
  const lockOf = (expiresAt: Date): Lock => ({
    _id: 'migrate',
    owner: 'another process',
    takenAt: new Date(),
    expiresAt,
  });
  /** Stops this process for a while, timers and all, as a frozen machine does. */
  const freeze = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  const times = { leaseMs: 1_000, renewMs: 200, pollMs: 20, maxWaitMs: 5_000 };

  async function withConnection(work: (connection: MongoConnection) => Promise<void>): Promise<void> {
    const { uri } = database;
    const other = await connectMongo({
      ...{ uri, appName: 'test-migrate', maxPoolSize: 5 },
      monitorCommands: true,
    });
    try {
      await work(other);
    } finally {
      await other.close();
    }
  }

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

  it('a migrator was killed between a file and its record › each file may run again', async () => {
    const all = await runMigrations(database.connection);
    for (const fileName of all) {
      await database.connection.collection('migrations').deleteOne({ fileName });
      assert.deepEqual(await runMigrations(database.connection), [fileName]);
    }
  });

  it('a migrator was killed › the next one takes over in seconds, when the lease ends', async () => {
    await locks().insertOne(lockOf(inMs(1_500)));
    const from = performance.now();
    assert.ok((await runMigrations(database.connection)).length > 0);
    const tookMs = performance.now() - from;
    assert.ok(tookMs > 1_000 && tookMs < 12_000, `${tookMs} ms`);
  });

  it('a lock of the version before › is left alone for its ten minutes, then taken over', async () => {
    await locks().insertOne({ _id: 'migrate', takenAt: inMs(-590_000) });
    await assert.rejects(runMigrations(database.connection, { ...times, maxWaitMs: 100 }), /too long/);
    await locks().updateOne({ _id: 'migrate' }, { $set: { takenAt: inMs(-700_000) } });
    assert.ok((await runMigrations(database.connection)).length > 0);
  });

  it('a long migration › keeps its lock by renewing it', async () => {
    await withConnection(async (other) => {
      const held = await takeMigrationLock(other, times);
      await assert.rejects(runMigrations(database.connection, { ...times, maxWaitMs: 2_500 }), /too long/);
      held.assertHeld();
      await held.confirm();
      await held.release();
    });
    assert.equal(await locks().countDocuments({}), 0);
  });

  it('a frozen migrator that wakes up after another took over › sends nothing and records nothing', async () => {
    await withConnection(async (other) => {
      const held = await takeMigrationLock(other, { ...times, renewMs: 60_000 });
      other.getClient().on('commandStarted', held.assertHeld);
      await databaseOf(other).collection('things').insertOne({ by: 'the holder' });
      freeze(times.leaseMs + 50);
      const second = await takeMigrationLock(database.connection, times);
      await assert.rejects(
        databaseOf(other).collection('things').insertOne({ by: 'late' }),
        LostMigrationLock,
      );
      other.getClient().off('commandStarted', held.assertHeld);
      await assert.rejects(held.confirm(), LostMigrationLock);
      assert.equal(await database.connection.collection('things').countDocuments({}), 1);
      // Its late release does not free the lock of the other.
      await held.release();
      await second.confirm();
      await second.release();
    });
  });

  it('another process took the lock › the recording of a file fails, whatever the clock here says', async () => {
    await withConnection(async (other) => {
      const held = await takeMigrationLock(other, { ...times, leaseMs: 60_000, renewMs: 60_000 });
      await locks().replaceOne({ _id: 'migrate' }, lockOf(inMs(60_000)));
      const client = other.getClient();
      const recording = client.withSession((session) =>
        session.withTransaction(async () => {
          await held.confirm(session);
          await databaseOf(other).collection('migrations').insertOne({ fileName: 'x' }, { session });
        }),
      );
      await assert.rejects(recording, LostMigrationLock);
      assert.equal(await database.connection.collection('migrations').countDocuments({}), 0);
      await held.release();
    });
    assert.equal(await locks().countDocuments({ owner: 'another process' }), 1);
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
