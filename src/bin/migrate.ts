import { runProcess } from '../app/process.ts';
import { runMigrations } from '../platform/migrations.ts';
import { connectMongo } from '../platform/mongo.ts';

await runProcess('migrate', async (config, logger) => {
  const mongo = await connectMongo({
    uri: config.mongo.uri.reveal(),
    appName: 'migrate',
    // Enough for the renewal of the lock beside the indexes that a migration builds at once.
    maxPoolSize: 10,
    // Lets `runMigrations` stop a command of a process that has lost the lock.
    monitorCommands: true,
  });
  const migrated = await runMigrations(mongo);
  logger.info({ migrated }, migrated.length === 0 ? 'nothing to migrate' : 'migrated');
  return { running: Promise.resolve(), close: () => mongo.close() };
});
