import mongoose, { type mongo, type Types } from 'mongoose';
import { pauseAfterLostRace } from './lost-race.ts';

/**
 * The tenant of a query: the first argument of every repository function, and of every function of
 * `tenant-collection.ts`.
 */
export interface ClientScope {
  readonly clientId: Types.ObjectId;
}

export const scopeOf = (clientId: Types.ObjectId): ClientScope => ({ clientId });

/** Acknowledged by a majority, with the journal on disk. */
export const durableWrite = { w: 'majority', j: true } as const;

export interface MongoOptions {
  readonly uri: string;
  readonly appName: string;
  readonly maxPoolSize: number;
  /** Emits an event for every command; `monitorCommands=true` in the address does the same. */
  readonly monitorCommands?: boolean;
}

export type MongoConnection = mongoose.Connection;

export interface OpenedMongo {
  readonly connection: MongoConnection;
  /** Resolves once the server has answered. May be called again, also after it failed. */
  connect(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A connection with majority reads and writes. Collections can be opened on it before the server answers, so that a
 * process can be built, and report what it waits for, while MongoDB is away.
 */
export function openMongo(options: MongoOptions): OpenedMongo {
  const client = new mongoose.mongo.MongoClient(options.uri, {
    appName: options.appName,
    maxPoolSize: options.maxPoolSize,
    ...(options.monitorCommands === undefined ? {} : { monitorCommands: options.monitorCommands }),
    serverSelectionTimeoutMS: 5_000,
    socketTimeoutMS: 30_000,
    retryWrites: true,
    readConcern: { level: 'majority' },
    writeConcern: durableWrite,
  });
  client.setMaxListeners(0);
  const connection = Object.assign(mongoose.createConnection(), { client, db: client.db() });
  let isJoined = false;
  return {
    connection,
    async connect() {
      await client.connect();
      if (isJoined) return;
      isJoined = true;
      connection.setClient(client);
    },
    async close() {
      await connection.close();
      // A connection that was never joined does not close its client.
      await client.close();
    },
  };
}

/** Resolves with an open connection; rejects if the server does not answer within 5 s. */
export async function connectMongo(options: MongoOptions): Promise<MongoConnection> {
  const opened = openMongo(options);
  try {
    await opened.connect();
  } catch (error) {
    await opened.close();
    throw error;
  }
  return opened.connection;
}

/** Whether a unique index refused the write (MongoDB error 11000). */
export const isDuplicateKey = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 11_000;

/** Runs `write` again if a unique index refuses it, because then it finds what the other writer stored. */
export async function retryOnDuplicateKey<T>(write: () => Promise<T>, maxTries = 6): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (!isDuplicateKey(error) || tries >= maxTries) throw error;
      await pauseAfterLostRace(tries);
    }
  }
}

/** The database of an open connection; throws if it is not open. */
export function databaseOf(connection: MongoConnection): mongo.Db {
  if (connection.db === undefined) throw new Error('The database is not connected.');
  return connection.db;
}
