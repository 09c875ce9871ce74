import { config, status, up } from 'migrate-mongo';
import { sleep, systemClock } from './clock.ts';
import { databaseOf, isDuplicateKey, type MongoConnection } from './mongo.ts';
import { migrationsFolder } from './paths.ts';

config.set({
  migrationsDir: migrationsFolder,
  changelogCollectionName: 'migrations',
  // Its own lock can be taken by two at once, and leaves work behind that fails when the connection is closed.
  lockTtl: 0,
  migrationFileExtension: '.js',
  useFileHash: false,
  moduleSystem: 'esm',
});

const lockWaits = 120;
const lockWaitMs = 500;
/** A migration that dies gives the lock free after this long. */
const lockTtlMs = 600_000;

/** One document that only one process can hold: a second insert of its id is refused. */
function lockOf(connection: MongoConnection) {
  const locks = databaseOf(connection).collection<{ _id: string; takenAt: Date }>('migrations_lock');
  const _id = 'migrate';
  return {
    async take(): Promise<boolean> {
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
    give: () => locks.deleteOne({ _id }),
  };
}

/** Runs the numbered files of `migrations/` that have not run yet; waits while another process does. */
export async function runMigrations(connection: MongoConnection): Promise<readonly string[]> {
  const lock = lockOf(connection);
  for (let waits = 0; !(await lock.take()); waits += 1) {
    if (waits >= lockWaits) throw new Error('Another process holds the lock of the migrations for too long.');
    await sleep(lockWaitMs);
  }
  try {
    return await up(databaseOf(connection), connection.getClient());
  } finally {
    await lock.give();
  }
}

/** The migrations that have not run yet; requests are refused while there are any. */
export async function pendingMigrations(connection: MongoConnection): Promise<readonly string[]> {
  const all = await status(databaseOf(connection));
  return all.filter(({ appliedAt }) => appliedAt === 'PENDING').map(({ fileName }) => fileName);
}
