import assert from 'node:assert/strict';
import type { Connection } from 'mongoose';
import { connectMongo } from '../../src/platform/mongo.ts';
import { migrate } from './migrated.ts';
import { connectTestDatabase, type TestDatabase } from './mongo.ts';
import { crossingFiltersOfWorker, watchedUri, watchWire, type WireProbe } from './wire-probe.ts';

/** A migrated database; the probe watches all its connections, so every command must be pinned to one client. */
export function useRatesDatabase(name: string) {
  let database: TestDatabase;
  const opened: { readonly connection: Connection; readonly probe: WireProbe }[] = [];

  before(async function () {
    this.timeout(30_000);
    database = await connectTestDatabase(name, []);
    await migrate(database.connection);
  });

  after(async () => {
    for (const { connection } of opened) await connection.close();
    await database?.close();
  });

  afterEach(() => {
    for (const { probe } of opened) assert.deepEqual(probe.takeViolations(), []);
  });

  return {
    /** A separate connection, as another process would have it. */
    async connect(): Promise<Connection> {
      const uri = watchedUri(database.uri);
      const connection = await connectMongo({ uri, appName: `test-${name}`, maxPoolSize: 50 });
      opened.push({ connection, probe: watchWire(connection, crossingFiltersOfWorker) });
      return connection;
    },
  };
}
