import mongoose, { type mongo } from 'mongoose';
import { createBatches } from './batches.ts';
import { durableWrite } from './mongo.ts';

/** Writes to one document that succeed or fail together. */
type Operations<Doc extends mongo.Document> = readonly mongo.AnyBulkWriteOperation<Doc>[];

/**
 * Stores operations; resolves when a majority has them on disk. Throws the server's error for one of them (for example
 * a duplicate key), or the connection's error.
 */
export type BulkWriter<Doc extends mongo.Document> = (operations: Operations<Doc>) => Promise<void>;

/** One queue for all writes: a process has one writer for each collection. */
const queue = 'all';
const maxCommands = 2;
const maxBatch = 500;

/**
 * Combines concurrent writes of a process into one command: one majority acknowledgement for all of them, and a tenth of
 * the driver's work. The server runs the operations of a batch in any order, so operations of one write must not depend
 * on theirs.
 */
export function createBulkWriter<Doc extends mongo.Document>(
  collection: mongo.Collection<Doc>,
): BulkWriter<Doc> {
  const batches = createBatches<Operations<Doc>, Error | null>({
    maxSize: maxBatch,
    maxConcurrent: maxCommands,
    work: (asks) => writeAll(collection, asks),
  });
  return async (operations) => {
    const error = await batches.ask(queue, operations);
    if (error !== null) throw error;
  };
}

/** For each ask, null or the first error of its operations. */
async function writeAll<Doc extends mongo.Document>(
  collection: mongo.Collection<Doc>,
  asks: readonly Operations<Doc>[],
): Promise<(Error | null)[]> {
  try {
    await collection.bulkWrite(asks.flat(), { ordered: false, writeConcern: durableWrite });
    return asks.map(() => null);
  } catch (error) {
    const refusals = refusalsIn(error);
    if (refusals === null) throw connectionErrorOf(error);
    let next = 0;
    return asks.map((operations) => {
      const first = next;
      next += operations.length;
      return refusals.find(({ index }) => index >= first && index < next)?.error ?? null;
    });
  }
}

/** The driver wraps a connection error without naming it as the cause. */
function connectionErrorOf(error: unknown): unknown {
  if (!(error instanceof mongoose.mongo.MongoBulkWriteError)) return error;
  const inner: unknown = error.errorResponse;
  return inner instanceof Error ? inner : error;
}

interface Refusal {
  readonly index: number;
  readonly error: Error;
}

/** The operations that the server refused, by index; null if the error is not about single operations. */
function refusalsIn(error: unknown): Refusal[] | null {
  if (!(error instanceof mongoose.mongo.MongoBulkWriteError)) return null;
  // No operation of the batch is known to be on a majority's disk.
  if (error.result.getWriteConcernError() !== undefined) return null;
  const refusals = [error.writeErrors].flat();
  if (refusals.length === 0) return null;
  return refusals.map(({ index, code, errmsg }) => ({
    index,
    error: new mongoose.mongo.MongoServerError({ code, message: errmsg ?? `refused with code ${code}` }),
  }));
}
