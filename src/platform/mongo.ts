import mongoose, { type mongo, type Types } from 'mongoose';

/**
 * The tenant in whose name a query runs. It is the first argument of every repository function and is spread
 * last into the filter, so that no filter can override it.
 */
export interface ClientScope {
  readonly clientId: Types.ObjectId;
}

export const scopeOf = (clientId: Types.ObjectId): ClientScope => ({ clientId });

/** Options of every schema: unknown fields and unknown filters throw, operators in input are defused. */
export const schemaOptions = {
  strict: 'throw',
  strictQuery: 'throw',
  autoIndex: false,
  autoCreate: false,
  versionKey: false,
  minimize: false,
  id: false,
} as const;

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
  mongoose.set('sanitizeFilter', true);
  mongoose.set('strictQuery', 'throw');
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

/**
 * The document that `filter` names, inserted when there is none. Two who come at once may both try to insert; the
 * unique index refuses one, which then finds the other's document.
 */
export async function findOrInsert<Doc extends mongo.Document>(
  collection: mongo.Collection<Doc>,
  filter: mongo.Filter<Doc>,
  update: mongo.UpdateFilter<Doc>,
): Promise<mongo.WithId<Doc>> {
  const upsert = () => collection.findOneAndUpdate(filter, update, { upsert: true, returnDocument: 'after' });
  const found = await upsert().catch((error: unknown) => {
    if (isDuplicateKey(error)) return upsert();
    throw error;
  });
  if (found === null) throw new Error('An upsert answered no document.');
  return found;
}
