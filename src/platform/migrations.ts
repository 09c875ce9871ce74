import { config, status, up } from 'migrate-mongo';
import { sleep, systemClock } from './clock.ts';
import { databaseOf, isDuplicateKey, type MongoConnection } from './mongo.ts';
import { migrationsFolder } from './paths.ts';

config.set({
  migrationsDir: migrationsFolder,
  changelogCollectionName: 'migrations',
  // Disables its own lock: two processes can take it, and it leaves a timer that fails once the connection is closed.
  lockTtl: 0,
  migrationFileExtension: '.js',
  useFileHash: false,
  moduleSystem: 'esm',
});

const lockWaits = 120;
const lockWaitMs = 500;
/** The lock of a process that died is free after this time. */
const lockTtlMs = 600_000;

/** One document that only one process can hold: MongoDB refuses a second insert of its id. */
function lockOf(connection: MongoConnection) {
  const locks = databaseOf(connection).collection<{ _id: string; takenAt: Date }>('migrations_lock');
  const _id = 'migrate';
  return {
    async acquire(): Promise<boolean> {
      const takenAt = systemClock.now();
      const staleBefore = new Date(takenAt.getTime() - lockTtlMs);
      try {
        await locks.updateOne(
          { _id, takenAt: { $lt: staleBefore } },
          { $set: { takenAt } },
          { upsert: true },
        );
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    release: () => locks.deleteOne({ _id }),
  };
}

/** Runs the pending files of `migrations/` and returns their names; waits while another process does. */
export async function runMigrations(connection: MongoConnection): Promise<readonly string[]> {
  const lock = lockOf(connection);
  for (let waits = 0; !(await lock.acquire()); waits += 1) {
    if (waits >= lockWaits) throw new Error('Another process has held the migration lock for too long.');
    await sleep(lockWaitMs);
  }
  try {
    return await up(databaseOf(connection), connection.getClient());
  } finally {
    await lock.release();
  }
}

/** The migrations that have not run yet; the process is not ready while there are any. */
export async function pendingMigrations(connection: MongoConnection): Promise<readonly string[]> {
  const all = await status(databaseOf(connection));
  return all.filter(({ appliedAt }) => appliedAt === 'PENDING').map(({ fileName }) => fileName);
}
