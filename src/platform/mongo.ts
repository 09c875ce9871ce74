import mongoose, { type mongo, type Types } from 'mongoose';

/**
 * The tenant in whose name a query runs: the first argument of every repository function, and of every function of the
 * collection underneath (`tenant-collection.ts`).
 */
export interface ClientScope {
  readonly clientId: Types.ObjectId;
}

export const scopeOf = (clientId: Types.ObjectId): ClientScope => ({ clientId });

/** Durable writes: acknowledged by a majority after their journal is on disk. */
export const durableWrite = { w: 'majority', j: true } as const;

export interface MongoOptions {
  readonly uri: string;
  readonly appName: string;
  readonly maxPoolSize: number;
  /** Tells about every command on the wire; an address with `monitorCommands=true` does the same. */
  readonly monitorCommands?: boolean;
}

export type MongoConnection = mongoose.Connection;

/** Connects with majority reads and writes; resolves when the first connection stands. */
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

/** True when the error says that a unique index refused the write (MongoDB error 11000). */
export const isDuplicateKey = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 11_000;

/** The database of a connection that stands. */
export function databaseOf(connection: MongoConnection): mongo.Db {
  if (connection.db === undefined) throw new Error('The database is not connected.');
  return connection.db;
}
