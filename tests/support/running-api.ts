import assert from 'node:assert/strict';
import { Types, type Connection, type mongo } from 'mongoose';
import { buildApi, type Api } from '../../src/app/api.ts';
import type { Config } from '../../src/app/config.ts';
import { migrate } from './migrated.ts';
import { testConfig } from './config.ts';
import { captureLog, type CapturedLog } from './logger.ts';
import { connectTestDatabase } from './mongo.ts';
import { assertTokens } from './stored-tokens.ts';
import { watchedUri, watchWire } from './wire-probe.ts';

/** One API instance in this process, and its address. */
export interface ApiInstance {
  readonly api: Api;
  readonly url: string;
}

/** The whole API, with one or more instances, on its own database created by the real migrations. */
export interface RunningApi {
  readonly instances: readonly ApiInstance[];
  readonly first: ApiInstance;
  readonly config: Config;
  /** Includes the database name, for programs that connect by themselves. */
  readonly mongoUri: string;
  /** The test's own connection, outside the API and its probe. */
  readonly connection: Connection;
  readonly log: CapturedLog;
  /** The number of commands seen on tenant collections; a probe that sees none proves nothing. */
  seenCommands(): number;
  /** Commands that crossed clients since the last call, on any instance; must be empty. */
  takeViolations(): string[];
  collection<Doc extends mongo.Document = mongo.Document>(name: string): mongo.Collection<Doc>;
  /** The audit events of one object, oldest first. */
  auditOf(id: string): Promise<mongo.WithId<mongo.Document>[]>;
  close(): Promise<void>;
}

interface RunningApiOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly instanceCount?: number;
}

export async function startRunningApi(
  name: string,
  { env, instanceCount = 1 }: RunningApiOptions,
): Promise<RunningApi> {
  const database = await connectTestDatabase(name.replaceAll('-', '_'), []);
  const { connection } = database;
  await migrate(connection);
  const log = captureLog();
  const config = testConfig({ MONGODB_URI: watchedUri(database.uri), ...env });
  const apis: Api[] = [];
  for (let index = 0; index < instanceCount; index += 1) apis.push(await buildApi(config, log.logger));
  const probes = apis.map(({ core }) => watchWire(core.mongo));
  const instances = await Promise.all(
    apis.map(async (api) => ({ api, url: (await api.http.listen(0, '127.0.0.1')).url })),
  );
  const [first] = instances;
  assert.ok(first !== undefined);
  const collection = (of: string) => connection.collection(of) as never;
  return {
    instances,
    first,
    config,
    mongoUri: database.uri,
    connection,
    log,
    seenCommands: () => probes.reduce((sum, probe) => sum + probe.seen(), 0),
    takeViolations: () => probes.flatMap((probe) => probe.takeViolations()),
    collection,
    auditOf: (id) =>
      connection
        .collection('audit_events')
        .find({ 'target.id': new Types.ObjectId(id) })
        .sort({ _id: 1 })
        .toArray(),
    async close() {
      for (const probe of probes) probe.stop();
      await Promise.all(
        apis.map(async (api) => {
          // Closing the health server first skips its one-second announcement, which no load balancer hears.
          await api.http.close({ graceMs: config.deployment.shutdownGraceMs });
          await api.close();
        }),
      );
      try {
        await assertTokens(connection);
      } finally {
        await database.close();
      }
    },
  };
}

/** Asserts that no command so far has crossed clients. */
export function assertTenancy({ takeViolations }: Pick<RunningApi, 'takeViolations'>): void {
  assert.deepEqual(takeViolations(), [], 'a command on a tenant collection crosses clients');
}
