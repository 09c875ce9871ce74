import { mkdir } from 'node:fs/promises';
import mongoose from 'mongoose';
import { launchServer, waitUntilReady, type RunningServer, type SpawnListener } from './server-process.ts';

export interface MongodOptions {
  readonly binary: string;
  readonly port: number;
  /** Kept between starts; the port may change. */
  readonly dataDir: string;
  readonly logFile: string;
  /** Enables fail points (`configureFailPoint`). Never use it for data that is kept. */
  readonly hasFailPoints?: boolean;
  /** Bounds what grows beside the data, for a machine on which people work. The oplog is bounded when it is created. */
  readonly isSmall?: boolean;
  /** Tests have clocks of their own: nothing expires, however old it looks to the server. */
  readonly isForTests?: boolean;
  readonly onSpawn?: SpawnListener;
}

export type RunningMongod = RunningServer & {
  /** Without a database name: insert `/name` before the question mark, or pass `dbName`. */
  readonly uri: string;
};

const replicaSet = 'rs0';

/** How long it may take to stop. */
export const mongodStopMs = 4_000;

/**
 * By default the journal preallocates files of 100 MB, the oplog may take a twentieth of the disk, and each change is kept
 * for five minutes for reads of the past, which nobody does here.
 */
const smallArgs: readonly string[] = [
  ...['--oplogSize', '128', '--wiredTigerEngineConfigString', 'log=(file_max=8MB,prealloc=false)'],
  ...['--setParameter', 'minSnapshotHistoryWindowInSeconds=5'],
];
const codeNotYetInitialized = 94;

/** Starts mongod on loopback as a replica set of one, which transactions need, and waits until it accepts writes. */
export async function startMongod(options: MongodOptions): Promise<RunningMongod> {
  const server = await launch(options, (admin, address) => becomePrimary(admin, address));
  return { ...server, uri: `mongodb://${server.address}/?replicaSet=${replicaSet}` };
}

/** Starts one member of a replica set that the caller initiates, and waits until it answers. */
export const startMember = (options: MongodOptions): Promise<RunningServer> =>
  launch(options, async (admin) => void (await admin.command({ ping: 1 })));

async function launch(
  options: MongodOptions,
  probe: (admin: mongoose.mongo.Db, address: string) => Promise<void>,
): Promise<RunningServer> {
  await mkdir(options.dataDir, { recursive: true });
  const address = `127.0.0.1:${options.port}`;
  const server = await launchServer({
    name: 'mongod',
    binary: options.binary,
    args: [
      ...['--dbpath', options.dataDir, '--port', String(options.port), '--bind_ip', '127.0.0.1'],
      ...['--replSet', replicaSet, '--wiredTigerCacheSizeGB', '0.25', '--quiet', '--nounixsocket'],
      // A stop need not wait for other members: there are none.
      ...['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=100'],
      // MongoDB ends the transactions of a killed process after this time; by default after a minute.
      ...['--setParameter', 'transactionLifetimeLimitSeconds=10'],
      ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
      ...(options.isSmall === true ? smallArgs : []),
      ...(options.isForTests === true ? ['--setParameter', 'ttlMonitorEnabled=false'] : []),
      ...(options.hasFailPoints === true ? ['--setParameter', 'enableTestCommands=1'] : []),
    ],
    address,
    logFile: options.logFile,
    stopTimeoutMs: mongodStopMs,
    onSpawn: options.onSpawn,
  });
  await waitUntilReady(server, {
    name: 'mongod',
    logFile: options.logFile,
    timeoutMs: 60_000,
    probe: () => withAdmin(address, (admin) => probe(admin, address)),
  });
  return server;
}

/** A new client for each attempt: a client whose first connection failed stays closed. */
async function withAdmin(address: string, work: (admin: mongoose.mongo.Db) => Promise<void>): Promise<void> {
  const client = new mongoose.mongo.MongoClient(`mongodb://${address}/?directConnection=true`, {
    serverSelectionTimeoutMS: 1_000,
    maxPoolSize: 1,
  });
  try {
    await work(client.db('admin'));
  } finally {
    await client.close();
  }
}

async function becomePrimary(database: mongoose.mongo.Db, address: string): Promise<void> {
  const hello = await database.command({ hello: 1 });
  if (hello['isWritablePrimary'] === true && hello['me'] === address) return;
  const current = await database.command({ replSetGetConfig: 1 }).catch(nullWhenNotInitialized);
  const members = [{ _id: 0, host: address }];
  if (current === null) {
    await database.command({ replSetInitiate: { _id: replicaSet, members } });
  } else if (current['config'].members[0].host !== address) {
    // The stored configuration has the port of an earlier start; without this update the node would not find itself
    // in it.
    const config = { ...current['config'], version: current['config'].version + 1, members };
    await database.command({ replSetReconfig: config, force: true });
  }
  throw new Error('mongod is not primary yet');
}

function nullWhenNotInitialized(error: unknown): null {
  if (error instanceof mongoose.mongo.MongoServerError && error.code === codeNotYetInitialized) return null;
  throw error;
}
