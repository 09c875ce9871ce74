import { config, status, up } from 'migrate-mongo';
import { sleep } from './clock.ts';
import type { MongoConnection } from './mongo.ts';
import { migrationsFolder } from './paths.ts';

config.set({
  migrationsDir: migrationsFolder,
  changelogCollectionName: 'migrations',
  lockCollectionName: 'migrations_lock',
  // A migration that dies gives the lock free after this many seconds.
  lockTtl: 600,
  migrationFileExtension: '.js',
  useFileHash: false,
  moduleSystem: 'esm',
});

const lockWaits = 120;
const lockWaitMs = 500;

function databaseOf(connection: MongoConnection) {
  if (connection.db === undefined) throw new Error('The database is not connected.');
  return connection.db;
}

/** Runs the numbered files of `migrations/` that have not run yet; waits while another process does. */
export async function runMigrations(connection: MongoConnection): Promise<readonly string[]> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await up(databaseOf(connection), connection.getClient());
    } catch (error) {
      const isLocked = error instanceof Error && error.message.includes('lock');
      if (!isLocked || waits >= lockWaits) throw error;
      await sleep(lockWaitMs);
    }
  }
}

/** The migrations that have not run yet; requests are refused while there are any. */
export async function pendingMigrations(connection: MongoConnection): Promise<readonly string[]> {
  const all = await status(databaseOf(connection));
  return all.filter(({ appliedAt }) => appliedAt === 'PENDING').map(({ fileName }) => fileName);
}
