import mongoose, { type mongo } from 'mongoose';
import { createBatches } from './batches.ts';
import { durableWrite } from './mongo.ts';

/** Writes that belong together: what they say of one document. */
type Operations<Doc extends mongo.Document> = readonly mongo.AnyBulkWriteOperation<Doc>[];

/**
 * Stores operations; resolves when a majority has them on disk. Throws what the server says of one of them, for
 * instance that a unique index refuses it, or what has become of the connection.
 */
export type BulkWriter<Doc extends mongo.Document> = (operations: Operations<Doc>) => Promise<void>;

/** One line for all: the collection has one writer in a process. */
const line = 'all';
const maxCommands = 2;
const maxBatch = 500;

/**
 * Sends the writes that a process has at the same time as one command: a majority's disk is asked once for all of
 * them, and the driver's work is a tenth. The operations of a batch are carried out independently of each other, so
 * those that belong together must not depend on their order.
 */
export function createBulkWriter<Doc extends mongo.Document>(
  collection: mongo.Collection<Doc>,
): BulkWriter<Doc> {
  const batches = createBatches<Operations<Doc>, Error | null>({
    maxSize: maxBatch,
    atOnce: maxCommands,
    work: (asks) => writeAll(collection, asks),
  });
  return async (operations) => {
    const error = await batches.ask(line, operations);
    if (error !== null) throw error;
  };
}

/** What became of each ask: null, or the first error of its operations. */
async function writeAll<Doc extends mongo.Document>(
  collection: mongo.Collection<Doc>,
  asks: readonly Operations<Doc>[],
): Promise<(Error | null)[]> {
  try {
    await collection.bulkWrite(asks.flat(), { ordered: false, writeConcern: durableWrite });
    return asks.map(() => null);
  } catch (error) {
    const refused = refusedIn(error);
    if (refused === null) throw originOf(error);
    let next = 0;
    return asks.map((operations) => {
      const first = next;
      next += operations.length;
      return refused.find(({ index }) => index >= first && index < next)?.error ?? null;
    });
  }
}

/** The driver wraps what became of the connection into an error that does not name it as its cause. */
function originOf(error: unknown): unknown {
  if (!(error instanceof mongoose.mongo.MongoBulkWriteError)) return error;
  const inner: unknown = error.errorResponse;
  return inner instanceof Error ? inner : error;
}

interface Refused {
  readonly index: number;
  readonly error: Error;
}

/** The operations that the server refused, by their place; null when the error says nothing of single ones. */
function refusedIn(error: unknown): Refused[] | null {
  if (!(error instanceof mongoose.mongo.MongoBulkWriteError)) return null;
  // Then nothing of the batch is known to be on a majority's disk.
  if (error.result.getWriteConcernError() !== undefined) return null;
  const refusals = [error.writeErrors].flat();
  if (refusals.length === 0) return null;
  return refusals.map(({ index, code, errmsg }) => ({
    index,
    error: new mongoose.mongo.MongoServerError({ code, message: errmsg ?? `refused with code ${code}` }),
  }));
}
