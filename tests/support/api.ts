import assert from 'node:assert/strict';
import { Client, Connection as TemporalConnection } from '@temporalio/client';
import type { Connection, mongo } from 'mongoose';
import { buildApi, type Api } from '../../src/app/api.ts';
import type { Config } from '../../src/app/config.ts';
import { runMigrations } from '../../src/platform/migrations.ts';
import { testConfig } from './config.ts';
import { signUp, type CrmUser } from './crm-client.ts';
import { captureLog, type CapturedLog } from './logger.ts';
import { connectTestDatabase } from './mongo.ts';
import { createTestNamespace, testTemporalAddress } from './temporal-namespace.ts';
import { watchedUri, watchWire, type WireProbe } from './wire-probe.ts';

/** The whole API in this process, against real servers; no worker runs, so messages stay where they are. */
export interface TestApi {
  readonly url: string;
  readonly api: Api;
  readonly config: Config;
  /** A connection of the test's own, past the API and its probe. */
  readonly connection: Connection;
  readonly temporal: Client;
  readonly log: CapturedLog;
  readonly probe: WireProbe;
  collection<Doc extends mongo.Document = mongo.Document>(name: string): mongo.Collection<Doc>;
  /** A new client with its admin. */
  signUp(): Promise<CrmUser>;
  /** How many documents each collection holds. */
  countAll(): Promise<Readonly<Record<string, number>>>;
  /** The same without what comes at its own time: counts of attempts, and the links that mails are made with. */
  countStored(): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

export interface TestApiOptions {
  readonly env?: Readonly<Record<string, string>>;
}

export async function startTestApi(name: string, { env = {} }: TestApiOptions = {}): Promise<TestApi> {
  const database = await connectTestDatabase(name.replaceAll('-', '_'), []);
  await runMigrations(database.connection);
  const namespace = await createTestNamespace(name);
  const config = testConfig({
    MONGODB_URI: watchedUri(database.uri),
    TEMPORAL_ADDRESS: testTemporalAddress(),
    TEMPORAL_NAMESPACE: namespace,
    WHATSAPP_PROVIDER: 'sandbox',
    ...env,
  });
  const log = captureLog();
  const api = await buildApi(config, log.logger);
  const probe = watchWire(api.core.mongo);
  const { url } = await api.http.listen(0, '127.0.0.1');
  const connection = TemporalConnection.lazy({ address: testTemporalAddress() });
  const collection = (collectionName: string) => database.connection.collection(collectionName) as never;
  return {
    url,
    api,
    config,
    connection: database.connection,
    temporal: new Client({ connection, namespace }),
    log,
    probe,
    collection,
    signUp: () => signUp(url),
    countAll: () => countAll(database.connection),
    countStored: () => countStored(database.connection),
    async close() {
      probe.stop();
      await api.close();
      await connection.close();
      await database.close();
    },
  };
}

async function countAll(connection: Connection): Promise<Record<string, number>> {
  const collections = (await connection.listCollections()).map(({ name }) => name).toSorted();
  const counts = collections.map(async (name) => {
    return [name, await connection.collection(name).countDocuments()] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

/** The audit events that no mail brings. */
export const notOfMails = { action: { $ne: 'user.password-link-issued' } } as const;

async function countStored(connection: Connection): Promise<Record<string, number>> {
  const { rate_limits: _attempts, password_links: _links, ...others } = await countAll(connection);
  return { ...others, audit_events: await connection.collection('audit_events').countDocuments(notOfMails) };
}

/**
 * Starts the API before the tests of a `describe` and closes it after them. After each test it asserts that no
 * command has crossed clients and that nothing was answered as a bug.
 */
export function useApi(name: string, options: TestApiOptions = {}): () => TestApi {
  let running: TestApi | undefined;
  before(async function () {
    this.timeout(60_000);
    running = await startTestApi(name, options);
  });
  afterEach(() => {
    assert.deepEqual(running?.probe.takeViolations(), [], 'a command on a tenant collection crosses clients');
    const bugs = running?.log.lines().filter(({ code }) => code === 'internal') ?? [];
    assert.deepEqual(bugs, [], 'a request was answered as a bug of ours');
  });
  after(async function () {
    this.timeout(20_000);
    assert.ok((running?.probe.seen() ?? 0) > 0, 'the probe has seen no command: it proves nothing');
    await running?.close();
  });
  return () => {
    if (running === undefined)
      throw new Error('the API is started in a before hook: ask for it inside a test');
    return running;
  };
}
