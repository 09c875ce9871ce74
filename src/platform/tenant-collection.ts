import type { ClientSession, Connection, mongo, Types } from 'mongoose';
import { createBulkWriter } from './bulk-writer.ts';
import type { TenantDocument, TenantModel } from './declare-model.ts';
import { databaseOf, isDuplicateKey, type ClientScope } from './mongo.ts';
import type {
  CrossingFilter,
  ScopedFilter,
  ScopedOperation,
  ScopedStage,
  ScopedUpdate,
  ScopedUpdateStage,
  Unscoped,
} from './tenant-queries.ts';

/** The driver's options; a session that is not there is left out. */
type Within<Options> = Omit<Options, 'session'> & { readonly session?: ClientSession | undefined };

/** As `BulkWriter`, of one client's documents; batches hold writes of many clients. */
export type ScopedBulkWriter<Doc> = (
  scope: ClientScope,
  operations: readonly ScopedOperation<Doc>[],
) => Promise<void>;

interface Versioned {
  readonly _id: Types.ObjectId;
  readonly version: number;
}

export type TenantCollection<Doc extends TenantDocument> = ReturnType<typeof createTenantCollection<Doc>>;
export type AcrossClients<Doc extends TenantDocument> = ReturnType<typeof createAcrossClients<Doc>>;

/**
 * The only way to a collection of tenant data: every function takes the scope first and spreads it last, so that no
 * filter and no document can override it. The driver's collection stays in here.
 */
export const openTenantCollection = <Doc extends TenantDocument>(
  { collection }: TenantModel<Doc>,
  connection: Connection,
): TenantCollection<Doc> => createTenantCollection<Doc>(databaseOf(connection).collection(collection));

/** Queries that cross clients. Functions that use them say so in their names. */
const createAcrossClients = <Doc extends TenantDocument>(raw: mongo.Collection) => ({
  find: <Result extends mongo.Document = Doc>(
    filter: CrossingFilter<Doc>,
    options: mongo.FindOptions,
  ): Promise<Result[]> => raw.find<Result>(plain(filter), options).toArray(),

  findOne: (filter: CrossingFilter<Doc>): Promise<Doc | null> => raw.findOne<Doc>(plain(filter)),

  findOneAndUpdate: async (
    filter: CrossingFilter<Doc>,
    update: ScopedUpdate<Doc>,
    options: mongo.FindOneAndUpdateOptions,
  ): Promise<Doc | null> =>
    documentOf<Doc>(await raw.findOneAndUpdate(plain(filter), plain(update), options)),

  count: (filter: CrossingFilter<Doc>, options: mongo.CountDocumentsOptions): Promise<number> =>
    raw.countDocuments(plain(filter), options),

  distinctClientIds: (options: mongo.DistinctOptions): Promise<Types.ObjectId[]> =>
    raw.distinct('clientId', {}, options),

  aggregate: <Result extends mongo.Document>(
    stages: readonly mongo.Document[],
    options: mongo.AggregateOptions,
  ): Promise<Result[]> => raw.aggregate<Result>([...stages], options).toArray(),
});

const createTenantCollection = <Doc extends TenantDocument>(raw: mongo.Collection) => ({
  ...createReads<Doc>(raw),
  ...createUpdates<Doc>(raw),
  ...createInserts<Doc>(raw),
  ...createDeletes<Doc>(raw),
  /** For what has no client: a sweep, a measure, an event or a token whose client is looked for. */
  acrossClients: createAcrossClients<Doc>(raw),
});

const createReads = <Doc extends TenantDocument>(raw: mongo.Collection) => ({
  find: <Result extends mongo.Document = Doc>(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    options: Within<mongo.FindOptions> = {},
  ): Promise<Result[]> => raw.find<Result>(owned(scope, filter), withSession(options)).toArray(),

  findOne: <Result extends mongo.Document = Doc>(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    options: Within<mongo.FindOneOptions> = {},
  ): Promise<Result | null> => raw.findOne<Result>(owned(scope, filter), withSession(options)),

  /** Counts no further than `options.limit`. */
  count: (
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    options: Within<mongo.CountDocumentsOptions> = {},
  ): Promise<number> => raw.countDocuments(owned(scope, filter), withSession(options)),

  /** The stages get what the filter finds within the client. */
  aggregate: <Result extends mongo.Document>(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    stages: readonly ScopedStage[],
    options: Within<mongo.AggregateOptions> = {},
  ): Promise<Result[]> =>
    raw.aggregate<Result>([{ $match: owned(scope, filter) }, ...stages], withSession(options)).toArray(),
});

const createUpdates = <Doc extends TenantDocument>(raw: mongo.Collection) => ({
  findOneAndUpdate: async (
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    update: ScopedUpdate<Doc>,
    options: Within<mongo.FindOneAndUpdateOptions> = {},
  ): Promise<Doc | null> =>
    documentOf<Doc>(await raw.findOneAndUpdate(owned(scope, filter), plain(update), withSession(options))),

  updateOne: (
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    update: ScopedUpdate<Doc> | ScopedUpdateStage[],
    options: Within<mongo.UpdateOptions> = {},
  ): Promise<mongo.UpdateResult> => raw.updateOne(owned(scope, filter), plain(update), withSession(options)),

  updateMany: (
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    update: ScopedUpdate<Doc> | ScopedUpdateStage[],
    options: Within<mongo.UpdateOptions> = {},
  ): Promise<mongo.UpdateResult> => raw.updateMany(owned(scope, filter), plain(update), withSession(options)),

  /**
   * Updates the document that the filter names, or makes it. Of two who make it at once, the unique index refuses
   * one, which then finds the other's.
   */
  async upsertOne(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    update: ScopedUpdate<Doc>,
    options: Within<mongo.UpdateOptions> = {},
  ): Promise<void> {
    const upsert = { ...withSession(options), upsert: true };
    await twiceIfTaken(() => raw.updateOne(owned(scope, filter), plain(update), upsert));
  },

  /** The document that the filter names after the update, made when there is none, as by `upsertOne`. */
  async findOrInsert(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    update: ScopedUpdate<Doc>,
    options: Within<mongo.FindOneAndUpdateOptions> = {},
  ): Promise<Doc> {
    const upsert = { ...withSession(options), upsert: true, returnDocument: 'after' } as const;
    const found = await twiceIfTaken(() => raw.findOneAndUpdate(owned(scope, filter), plain(update), upsert));
    const document = documentOf<Doc>(found);
    if (document === null) throw new Error('An upsert answered no document.');
    return document;
  },

  /** Puts `next` in place of what was read; false when somebody was faster. */
  async replaceVersioned(
    scope: ClientScope,
    { _id, version }: Versioned,
    next: Unscoped<Doc>,
    session?: ClientSession,
  ): Promise<boolean> {
    const { _id: _same, ...replacement }: mongo.Document = owned(scope, next);
    const filter = owned(scope, { _id, version });
    const { matchedCount } = await raw.replaceOne(filter, replacement, withSession({ session }));
    return matchedCount === 1;
  },
});

const createInserts = <Doc extends TenantDocument>(raw: mongo.Collection) => ({
  /** Throws the duplicate key error when a unique index refuses the document. */
  async insertOne(
    scope: ClientScope,
    document: Unscoped<Doc>,
    options: Within<mongo.InsertOneOptions> = {},
  ): Promise<void> {
    await raw.insertOne(owned(scope, document), withSession(options));
  },

  async insertMany(
    scope: ClientScope,
    documents: readonly Unscoped<Doc>[],
    options: Within<mongo.BulkWriteOptions> = {},
  ): Promise<void> {
    // The driver refuses to insert nothing.
    if (documents.length === 0) return;
    const ofScope = documents.map((document) => owned(scope, document));
    await raw.insertMany(ofScope, withSession(options));
  },

  /** Writes that come together are one command, see `createBulkWriter`. */
  createBulkWriter(): ScopedBulkWriter<Doc> {
    const write = createBulkWriter(raw);
    return (scope, operations) =>
      write(
        operations.map((operation): mongo.AnyBulkWriteOperation => {
          if ('insertOne' in operation) {
            return { insertOne: { document: owned(scope, operation.insertOne.document) } };
          }
          const { filter, update } = operation.updateOne;
          return { updateOne: { filter: owned(scope, filter), update: plain(update) } };
        }),
      );
  },
});

const createDeletes = <Doc extends TenantDocument>(raw: mongo.Collection) => ({
  /** True when there was one. */
  async deleteOne(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    options: Within<mongo.DeleteOptions> = {},
  ): Promise<boolean> {
    const { deletedCount } = await raw.deleteOne(owned(scope, filter), withSession(options));
    return deletedCount === 1;
  },

  /** How many there were. */
  async deleteMany(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    options: Within<mongo.DeleteOptions> = {},
  ): Promise<number> {
    const { deletedCount } = await raw.deleteMany(owned(scope, filter), withSession(options));
    return deletedCount;
  },

  findOneAndDelete: async (
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    options: Within<mongo.FindOneAndDeleteOptions> = {},
  ): Promise<Doc | null> =>
    documentOf<Doc>(await raw.findOneAndDelete(owned(scope, filter), withSession(options))),
});

/** A filter or a document as one of the client's, whatever it says itself. */
const owned = <Given extends object>({ clientId }: ClientScope, given: Given) => ({ ...given, clientId });

/** The driver would compare a filter or an update with its own types, which say less than ours. */
const plain = (given: mongo.Document): mongo.Document => given;

/** The driver's command has no type parameter for what it answers; the model says what the collection holds. */
const documentOf = <Doc extends TenantDocument>(found: mongo.Document | null): Doc | null =>
  found as Doc | null;

function withSession<Options extends { readonly session?: ClientSession | undefined }>({
  session,
  ...options
}: Options): Omit<Options, 'session'> & { session?: ClientSession } {
  return session === undefined ? options : { ...options, session };
}

async function twiceIfTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isDuplicateKey(error)) return write();
    throw error;
  }
}
