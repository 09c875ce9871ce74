import mongoose, { type mongo, type Types } from 'mongoose';
import type { TenantDocument } from './declare-model.ts';
import { documentOf, owned, plain, type WithSession, withSession } from './driver-arguments.ts';
import type { ClientScope } from './mongo.ts';
import type { CrossingFilter, ScopedUpdate, ScopedUpdateOne } from './tenant-queries.ts';

interface UpdateOneOfClient<Doc> extends ScopedUpdateOne<Doc> {
  readonly scope: ClientScope;
}

/** Queries that cross clients; functions that use them have `AcrossClients` in their names. */
export const createAcrossClients = <Doc extends TenantDocument>(raw: mongo.Collection) => ({
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

  /** Updates of many clients in one command, each within its own; returns the number of documents that matched. */
  async updateEach(
    updates: readonly UpdateOneOfClient<Doc>[],
    { upsert = false, ...options }: WithSession<mongo.BulkWriteOptions> & { readonly upsert?: boolean },
  ): Promise<number> {
    const operations = updates.map(({ scope, filter, update }) => ({
      updateOne: { filter: owned(scope, filter), update: plain(update), upsert },
    }));
    const { matchedCount, upsertedCount } = await raw.bulkWrite(operations, withSession(options));
    return matchedCount + upsertedCount;
  },

  /** Inserts documents, each with its own client; returns those that a unique index refused. */
  async insertNew(documents: readonly Doc[]): Promise<readonly Doc[]> {
    if (documents.length === 0) return [];
    try {
      await raw.insertMany(documents.map(plain), { ordered: false });
      return [];
    } catch (error) {
      const refused = duplicatesOf(error);
      if (refused === null) throw error;
      return documents.filter((_, index) => refused.has(index));
    }
  },

  /** The changes of all clients as they are committed. */
  watch: (stages: readonly mongo.Document[]): mongo.ChangeStream => raw.watch([...stages]),
});

export type AcrossClients<Doc extends TenantDocument> = ReturnType<typeof createAcrossClients<Doc>>;

/** The places of the duplicate keys if a bulk write failed for nothing else, so that the rest of it is stored. */
function duplicatesOf(error: unknown): ReadonlySet<number> | null {
  if (!(error instanceof mongoose.mongo.MongoBulkWriteError)) return null;
  if (error.result.getWriteConcernError() !== undefined) return null;
  const errors = [error.writeErrors].flat();
  return errors.every(({ code }) => code === 11_000) ? new Set(errors.map(({ index }) => index)) : null;
}
