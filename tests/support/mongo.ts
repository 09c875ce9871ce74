import assert from 'node:assert/strict';
import type { Connection } from 'mongoose';
import { newSecret } from '../../src/platform/ids.ts';
import { connectMongo } from '../../src/platform/mongo.ts';
import type { AnyModel } from './models.ts';

export interface TestDatabase {
  readonly connection: Connection;
  /** Includes the database name, for processes that connect by themselves. */
  readonly uri: string;
  /** Drops the database and disconnects. */
  close(): Promise<void>;
}

/** The server of the test runner. There is no fallback: a test without its server must fail. */
export function testMongoUri(): string {
  const uri = process.env['TEST_MONGODB_URI'];
  assert.ok(
    uri !== undefined && uri !== '',
    'TEST_MONGODB_URI is missing: these tests need a real MongoDB replica set. Run them through `npm test`.',
  );
  return uri;
}

/**
 * A new database for one test file, with the collections of these models and their declared indexes; `close` drops
 * it.
 */
export async function connectTestDatabase(name: string, models: readonly AnyModel[]): Promise<TestDatabase> {
  const suffix = newSecret(6).replace(/[^A-Za-z0-9]/g, 'x');
  const uri = new URL(testMongoUri());
  uri.pathname = `/test_${name}_${suffix}`;
  const connection = await connectMongo({ uri: uri.href, appName: `test-${name}`, maxPoolSize: 100 });
  for (const { collection, schema } of models) {
    const model = connection.model(collection, schema);
    await model.createCollection();
    await model.createIndexes();
  }
  return {
    connection,
    uri: uri.href,
    async close() {
      await endAbandonedTransactions(connection);
      await connection.dropDatabase();
      await connection.close();
    },
  };
}

/** Longer than any transaction of a living process takes. */
const abandonedAfterMicros = 5_000_000;

/** The transactions of a killed process stay open for a minute, and dropping their database would wait for them. */
async function endAbandonedTransactions(connection: Connection): Promise<void> {
  const admin = connection.getClient().db('admin');
  const sessions = await admin
    .aggregate(
      [
        { $currentOp: { allUsers: true, idleSessions: true } },
        { $match: { type: 'idleSession', 'transaction.timeOpenMicros': { $gt: abandonedAfterMicros } } },
        { $project: { _id: 0, lsid: 1 } },
      ],
      { readConcern: 'local' },
    )
    .toArray();
  if (sessions.length > 0) await admin.command({ killAllSessionsByPattern: sessions });
}
