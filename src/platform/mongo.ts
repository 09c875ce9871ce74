import mongoose, { type mongo, type Types } from 'mongoose';

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

/** Connects with majority reads and writes; resolves with the first open connection. */
export async function connectMongo(options: MongoOptions): Promise<MongoConnection> {
  return mongoose
    .createConnection(options.uri, {
      appName: options.appName,
      maxPoolSize: options.maxPoolSize,
      ...(options.monitorCommands === undefined ? {} : { monitorCommands: options.monitorCommands }),
      serverSelectionTimeoutMS: 5_000,
      socketTimeoutMS: 30_000,
      retryWrites: true,
      readConcern: { level: 'majority' },
      writeConcern: durableWrite,
      autoIndex: false,
      autoCreate: false,
    })
    .asPromise();
}

/** Whether a unique index refused the write (MongoDB error 11000). */
export const isDuplicateKey = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 11_000;

/** The database of an open connection; throws if it is not open. */
export function databaseOf(connection: MongoConnection): mongo.Db {
  if (connection.db === undefined) throw new Error('The database is not connected.');
  return connection.db;
}
