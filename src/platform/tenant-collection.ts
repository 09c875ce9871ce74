import type { ClientSession, Connection, mongo } from 'mongoose';
import { createAcrossClients } from './across-clients.ts';
import { createBulkWriter } from './bulk-writer.ts';
import type { TenantDocument, TenantModel } from './declare-model.ts';
import { documentOf, owned, ownedParts, plain, replacementOf, withSession } from './driver-arguments.ts';
import type { Replaced, Versioned, WithSession } from './driver-arguments.ts';
import { databaseOf, isDuplicateKey, retryOnDuplicateKey, type ClientScope } from './mongo.ts';
import { maxSearchMs, withinSearchTime } from './search-time.ts';
import type {
  ScopedFilter,
  ScopedOperation,
  ScopedStage,
  ScopedUpdate,
  ScopedUpdateOne,
  ScopedUpdateStage,
  Unscoped,
} from './tenant-queries.ts';

/** As `BulkWriter`, for the documents of one client; a batch may hold writes of many clients. */
export type ScopedBulkWriter<Doc> = (
  scope: ClientScope,
  operations: readonly ScopedOperation<Doc>[],
) => Promise<void>;

export type TenantCollection<Doc extends TenantDocument> = ReturnType<typeof createTenantCollection<Doc>>;

/**
 * The only access to a collection of tenant data. Every function takes the scope first and spreads it last, so that no
 * filter or document can override it. The driver's collection never leaves this file and `across-clients.ts`.
 */
export const openTenantCollection = <Doc extends TenantDocument>(
  { collection }: TenantModel<Doc>,
  connection: Connection,
): TenantCollection<Doc> => createTenantCollection<Doc>(databaseOf(connection).collection(collection));

const createTenantCollection = <Doc extends TenantDocument>(raw: mongo.Collection) => ({
  ...createReads<Doc>(raw),
  ...createSearches<Doc>(raw),
  ...createUpdates<Doc>(raw),
  ...createInserts<Doc>(raw),
  ...createVersioned<Doc>(raw),
  ...createDeletes<Doc>(raw),
  /** For work without a client: sweeps, gauges, and finding the client of an event or a token. */
  acrossClients: createAcrossClients<Doc>(raw),
});

const createReads = <Doc extends TenantDocument>(raw: mongo.Collection) => ({
  find: <Result extends mongo.Document = Doc>(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    options: WithSession<mongo.FindOptions> = {},
  ): Promise<Result[]> => raw.find<Result>(owned(scope, filter), withSession(options)).toArray(),

  findOne: <Result extends mongo.Document = Doc>(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    options: WithSession<mongo.FindOneOptions> = {},
  ): Promise<Result | null> => raw.findOne<Result>(owned(scope, filter), withSession(options)),

  /** Counts up to `options.limit`. */
  count: (
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    options: WithSession<mongo.CountDocumentsOptions> = {},
  ): Promise<number> => raw.countDocuments(owned(scope, filter), withSession(options)),

  /** The stages run on the client's documents that match the filter. */
  aggregate: <Result extends mongo.Document>(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    stages: readonly ScopedStage[],
    options: WithSession<mongo.AggregateOptions> = {},
  ): Promise<Result[]> =>
    raw.aggregate<Result>([{ $match: ownedParts(scope, filter) }, ...stages], withSession(options)).toArray(),
});

/**
 * Reads for lists whose callers can narrow what they ask for. The only place that bounds their time: each throws
 * `search-too-broad` after `maxTimeMS`, two seconds by default.
 */
const createSearches = <Doc extends TenantDocument>(raw: mongo.Collection) => {
  const { find, count, aggregate } = createReads<Doc>(raw);
  return {
    search: <Result extends mongo.Document = Doc>(
      scope: ClientScope,
      filter: ScopedFilter<Doc>,
      { maxTimeMS = maxSearchMs, ...options }: WithSession<mongo.FindOptions> = {},
    ): Promise<Result[]> =>
      withinSearchTime(() => find<Result>(scope, filter, { ...options, maxTimeMS }), maxTimeMS),

    searchStages: <Result extends mongo.Document>(
      scope: ClientScope,
      filter: ScopedFilter<Doc>,
      stages: readonly ScopedStage[],
      { maxTimeMS = maxSearchMs, ...options }: WithSession<mongo.AggregateOptions> = {},
    ): Promise<Result[]> =>
      withinSearchTime(() => aggregate<Result>(scope, filter, stages, { ...options, maxTimeMS }), maxTimeMS),

    /** Counts up to `options.limit`. */
    searchCount: (
      scope: ClientScope,
      filter: ScopedFilter<Doc>,
      { maxTimeMS = maxSearchMs, ...options }: WithSession<mongo.CountDocumentsOptions> = {},
    ): Promise<number> => withinSearchTime(() => count(scope, filter, { ...options, maxTimeMS }), maxTimeMS),
  };
};

const createUpdates = <Doc extends TenantDocument>(raw: mongo.Collection) => ({
  findOneAndUpdate: async (
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    update: ScopedUpdate<Doc>,
    options: WithSession<mongo.FindOneAndUpdateOptions> = {},
  ): Promise<Doc | null> =>
    documentOf<Doc>(await raw.findOneAndUpdate(owned(scope, filter), plain(update), withSession(options))),

  updateOne: (
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    update: ScopedUpdate<Doc> | ScopedUpdateStage[],
    options: WithSession<mongo.UpdateOptions> = {},
  ): Promise<mongo.UpdateResult> => raw.updateOne(owned(scope, filter), plain(update), withSession(options)),

  updateMany: (
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    update: ScopedUpdate<Doc> | ScopedUpdateStage[],
    options: WithSession<mongo.UpdateOptions> = {},
  ): Promise<mongo.UpdateResult> => raw.updateMany(owned(scope, filter), plain(update), withSession(options)),

  /** Several updates in one command, in their order; returns how many documents matched or were inserted. */
  async updateEach(
    scope: ClientScope,
    updates: readonly ScopedUpdateOne<Doc>[],
    { upsert = false, ...options }: WithSession<mongo.BulkWriteOptions> & { readonly upsert?: boolean } = {},
  ): Promise<number> {
    // The driver throws on an empty list.
    if (updates.length === 0) return 0;
    const operations = updates.map(({ filter, update }) => ({
      updateOne: { filter: owned(scope, filter), update: plain(update), upsert },
    }));
    const { matchedCount, upsertedCount } = await raw.bulkWrite(operations, withSession(options));
    return matchedCount + upsertedCount;
  },

  /**
   * Updates the matching document or inserts it. If the unique index refuses a concurrent insert, the update runs again
   * on the document that won.
   */
  async upsertOne(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    update: ScopedUpdate<Doc>,
    options: WithSession<mongo.UpdateOptions> = {},
  ): Promise<void> {
    const upsert = { ...withSession(options), upsert: true };
    await retryOnDuplicateKey(() => raw.updateOne(owned(scope, filter), plain(update), upsert));
  },

  /** As `upsertOne`; returns the document after the update. */
  async findOrInsert(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    update: ScopedUpdate<Doc>,
    options: WithSession<mongo.FindOneAndUpdateOptions> = {},
  ): Promise<Doc> {
    const upsert = { ...withSession(options), upsert: true, returnDocument: 'after' } as const;
    const found = await retryOnDuplicateKey(() =>
      raw.findOneAndUpdate(owned(scope, filter), plain(update), upsert),
    );
    const document = documentOf<Doc>(found);
    if (document === null) throw new Error('The upsert returned no document.');
    return document;
  },
});

const createInserts = <Doc extends TenantDocument>(raw: mongo.Collection) => ({
  /** Throws the duplicate key error if a unique index refuses the document. */
  async insertOne(
    scope: ClientScope,
    document: Unscoped<Doc>,
    options: WithSession<mongo.InsertOneOptions> = {},
  ): Promise<void> {
    await raw.insertOne(owned(scope, document), withSession(options));
  },

  async insertMany(
    scope: ClientScope,
    documents: readonly Unscoped<Doc>[],
    options: WithSession<mongo.BulkWriteOptions> = {},
  ): Promise<void> {
    // The driver throws on an empty list.
    if (documents.length === 0) return;
    const ofScope = documents.map((document) => owned(scope, document));
    await raw.insertMany(ofScope, withSession(options));
  },

  /** Concurrent writes share one command, see `createBulkWriter`. */
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

const createVersioned = <Doc extends TenantDocument>(raw: mongo.Collection) => {
  const { insertOne } = createInserts<Doc>(raw);

  /** Replaces the document at the version that was read; false if it has changed since. */
  async function replaceVersioned(
    scope: ClientScope,
    current: Versioned,
    next: Unscoped<Doc>,
    session?: ClientSession,
  ): Promise<boolean> {
    const { filter, replacement } = replacementOf(scope, { current, next });
    const { matchedCount } = await raw.replaceOne(filter, replacement, withSession({ session }));
    return matchedCount === 1;
  }

  return {
    replaceVersioned,

    /** As `replaceVersioned` for each, in one command: false if one of them has changed since it was read. */
    async replaceEachVersioned(
      scope: ClientScope,
      replaced: readonly Replaced<Doc>[],
      session: ClientSession,
    ): Promise<boolean> {
      // The driver throws on an empty list.
      if (replaced.length === 0) return true;
      const operations = replaced.map((each) => ({ replaceOne: replacementOf(scope, each) }));
      const { matchedCount } = await raw.bulkWrite(operations, withSession({ session }));
      return matchedCount === replaced.length;
    },

    /**
     * As `replaceVersioned`, for the only document of a client: version 0 stands for one that is not stored yet, and a
     * unique index refuses a second one.
     */
    async insertOrReplaceVersioned(
      scope: ClientScope,
      current: Versioned,
      next: Unscoped<Doc>,
      session: ClientSession,
    ): Promise<boolean> {
      if (current.version > 0) return replaceVersioned(scope, current, next, session);
      try {
        await insertOne(scope, next, { session });
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
  };
};

const createDeletes = <Doc extends TenantDocument>(raw: mongo.Collection) => ({
  /** Whether a document was deleted. */
  async deleteOne(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    options: WithSession<mongo.DeleteOptions> = {},
  ): Promise<boolean> {
    const { deletedCount } = await raw.deleteOne(owned(scope, filter), withSession(options));
    return deletedCount === 1;
  },

  /** The number of deleted documents. */
  async deleteMany(
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    options: WithSession<mongo.DeleteOptions> = {},
  ): Promise<number> {
    const { deletedCount } = await raw.deleteMany(owned(scope, filter), withSession(options));
    return deletedCount;
  },

  findOneAndDelete: async (
    scope: ClientScope,
    filter: ScopedFilter<Doc>,
    options: WithSession<mongo.FindOneAndDeleteOptions> = {},
  ): Promise<Doc | null> =>
    documentOf<Doc>(await raw.findOneAndDelete(owned(scope, filter), withSession(options))),
});
