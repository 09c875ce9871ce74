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
/** A command holds less than 48 MB, and a process keeps `maxCommands` of them in memory. */
const maxBatchBytes = 16 * 1024 * 1024;
/** MongoDB takes 16 MiB; the difference is for what the driver adds. */
const maxOperationBytes = 16 * 1024 * 1024 - 64 * 1024;
/** A batch that fails as a whole is divided into at most this many commands. */
const maxDivisions = 200;

/** A write that MongoDB would refuse because of its size; refused before it joins a batch. */
export class DocumentTooLargeError extends Error {
  constructor(bytes: number) {
    super(`The document has ${bytes} bytes; MongoDB stores at most ${maxOperationBytes}.`);
    this.name = 'DocumentTooLargeError';
  }
}

interface Write<Doc extends mongo.Document> {
  readonly operations: Operations<Doc>;
  readonly bytes: number;
}

/**
 * Combines concurrent writes of a process into one command: one majority acknowledgement for all of them, and a tenth of
 * the driver's work. The server runs the operations of a batch in any order, so operations of one write must not depend
 * on theirs. One bad write never fails another: its size is judged before it joins a batch, and a batch that fails
 * without naming the bad operation is divided until only the bad write fails. An update may then run twice.
 */
export function createBulkWriter<Doc extends mongo.Document>(
  collection: mongo.Collection<Doc>,
): BulkWriter<Doc> {
  const batches = createBatches<Write<Doc>, Error | null>({
    maxSize: maxBatch,
    weight: { max: maxBatchBytes, of: ({ bytes }) => bytes },
    maxConcurrent: maxCommands,
    work: (writes) => writeAll(collection, writes, { left: maxDivisions }),
  });
  return async (operations) => {
    const error = await batches.ask(queue, { operations, bytes: bytesOf(operations) });
    if (error !== null) throw error;
  };
}

/** The size of all operations in BSON; throws if one of them alone is too large. */
function bytesOf<Doc extends mongo.Document>(operations: Operations<Doc>): number {
  let total = 0;
  for (const operation of operations) {
    const bytes = mongoose.mongo.BSON.calculateObjectSize(operation);
    if (bytes > maxOperationBytes) throw new DocumentTooLargeError(bytes);
    total += bytes;
  }
  return total;
}

/** For each write, null or the first error of its operations. */
async function writeAll<Doc extends mongo.Document>(
  collection: mongo.Collection<Doc>,
  writes: readonly Write<Doc>[],
  divisions: { left: number },
): Promise<(Error | null)[]> {
  try {
    const operations = writes.flatMap((write) => write.operations);
    await collection.bulkWrite(operations, { ordered: false, writeConcern: durableWrite });
    return writes.map(() => null);
  } catch (error) {
    const refusals = refusalsIn(error);
    if (refusals !== null) return errorsOf(writes, refusals);
    const cause = causeOf(error);
    if (!mayConcernOneWrite(cause)) throw cause;
    if (writes.length === 1 || divisions.left < 2) return writes.map(() => cause);
    divisions.left -= 2;
    const middle = Math.ceil(writes.length / 2);
    const first = await writeAll(collection, writes.slice(0, middle), divisions);
    return [...first, ...(await writeAll(collection, writes.slice(middle), divisions))];
  }
}

function errorsOf<Doc extends mongo.Document>(
  writes: readonly Write<Doc>[],
  refusals: readonly Refusal[],
): (Error | null)[] {
  let next = 0;
  return writes.map(({ operations }) => {
    const first = next;
    next += operations.length;
    return refusals.find(({ index }) => index >= first && index < next)?.error ?? null;
  });
}

/**
 * Whether an error may come from the content of a single write: the driver could not encode it, or the server refused
 * the command and would refuse it again. An error of the connection concerns every write, and trying again only waits.
 */
function mayConcernOneWrite(cause: unknown): cause is Error {
  const { MongoServerError, MongoBulkWriteError, MongoInvalidArgumentError, BSON } = mongoose.mongo;
  if (cause instanceof MongoBulkWriteError && cause.result.getWriteConcernError() !== undefined) return false;
  if (cause instanceof MongoServerError) return !cause.hasErrorLabel('RetryableWriteError');
  return (
    cause instanceof MongoInvalidArgumentError ||
    BSON.BSONError.isBSONError(cause) ||
    cause instanceof RangeError ||
    cause instanceof TypeError
  );
}

/** The driver wraps the error of a command without naming it as the cause. */
function causeOf(error: unknown): unknown {
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
