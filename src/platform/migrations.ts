import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { config, status } from 'migrate-mongo';
import type { mongo } from 'mongoose';
import { systemClock } from './clock.ts';
import { type HeldMigrationLock, type LockTimes, takeMigrationLock } from './migration-lock.ts';
import { databaseOf, durableWrite, type MongoConnection } from './mongo.ts';
import { migrationsFolder } from './paths.ts';

const changelog = 'migrations';

config.set({
  migrationsDir: migrationsFolder,
  changelogCollectionName: changelog,
  // Disables its own lock: two processes can take it, and it leaves a timer that fails once the connection is closed.
  lockTtl: 0,
  migrationFileExtension: '.js',
  useFileHash: false,
  moduleSystem: 'esm',
});

interface Migration {
  up(db: mongo.Db, client: mongo.MongoClient): Promise<void>;
}

/**
 * Runs the pending files of `migrations/` and returns their names; waits while another process does. If the connection
 * monitors commands, a process that lost the lock sends no further command, not even from within a file.
 */
export async function runMigrations(
  connection: MongoConnection,
  times: Partial<LockTimes> = {},
): Promise<readonly string[]> {
  const client = connection.getClient();
  const lock = await takeMigrationLock(connection, times);
  // The driver emits this before it sends the command, and what a listener throws fails the command.
  client.on('commandStarted', lock.assertHeld);
  try {
    const pending = await pendingMigrations(connection);
    for (const fileName of pending) {
      await lock.confirm();
      await runMigration(connection, fileName);
      await recordMigration(connection, lock, fileName);
    }
    return pending;
  } finally {
    client.off('commandStarted', lock.assertHeld);
    await lock.release();
  }
}

async function runMigration(connection: MongoConnection, fileName: string): Promise<void> {
  const file = pathToFileURL(join(migrationsFolder, fileName)).href;
  // Plain JavaScript without types; a test runs every file.
  const migration = (await import(file)) as Migration;
  try {
    await migration.up(databaseOf(connection), connection.getClient());
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(`The migration ${fileName} failed: ${cause}`, { cause: error });
  }
}

/** Records that the file has run, in one transaction with the proof that no other process has taken over. */
async function recordMigration(
  connection: MongoConnection,
  lock: HeldMigrationLock,
  fileName: string,
): Promise<void> {
  const applied = databaseOf(connection).collection(changelog);
  await connection.getClient().withSession((session) =>
    session.withTransaction(
      async () => {
        await lock.confirm(session);
        await applied.insertOne({ fileName, appliedAt: systemClock.now() }, { session });
      },
      { writeConcern: durableWrite },
    ),
  );
}

/** The migrations that have not run yet; the process is not ready while there are any. */
export async function pendingMigrations(connection: MongoConnection): Promise<readonly string[]> {
  const all = await status(databaseOf(connection));
  return all.filter(({ appliedAt }) => appliedAt === 'PENDING').map(({ fileName }) => fileName);
}
