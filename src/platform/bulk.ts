import type { Types } from 'mongoose';
import { mapConcurrently } from './concurrency.ts';
import { AppError } from './errors.ts';

/** What became of each of many objects. */
export interface BulkOutcome {
  readonly changed: readonly Types.ObjectId[];
  /** Those that were refused, each with its problem. */
  readonly skipped: readonly {
    readonly id: Types.ObjectId;
    readonly code: string;
    readonly detail: string;
  }[];
}

/** Objects of one request. */
export const maxBulkIds = 100;

/** Each change is a transaction; a few at a time leave the database to others. */
const maxConcurrentChanges = 4;

/**
 * Does the same to each of many objects. A refusal concerns its object alone; any other error ends the request, and repeating it
 * changes only the rest.
 */
export async function changeEach(
  ids: readonly Types.ObjectId[],
  change: (id: Types.ObjectId) => Promise<unknown>,
): Promise<BulkOutcome> {
  const refusals = await mapConcurrently(ids, maxConcurrentChanges, async (id) => {
    try {
      await change(id);
      return null;
    } catch (error) {
      if (!(error instanceof AppError) || !error.isRefusal) throw error;
      return { id, code: error.code, detail: error.message };
    }
  });
  return {
    changed: ids.filter((_id, index) => refusals[index] === null),
    skipped: refusals.filter((refusal) => refusal !== null),
  };
}

/** The outcome as an answer shows it. */
export const toBulkView = ({ changed, skipped }: BulkOutcome) => ({
  changed: changed.map((id) => id.toHexString()),
  skipped: skipped.map(({ id, ...why }) => ({ id: id.toHexString(), ...why })),
});
