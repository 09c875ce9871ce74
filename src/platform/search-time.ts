import { AppError } from './errors.ts';

/** How long the database may work on one search. */
export const maxSearchMs = 2_000;

/** MaxTimeMSExpired. */
const timeIsUp = 50;

/** Throws `search-too-broad` if the database gives up a search that was given `maxMs`. */
export async function withinSearchTime<T>(search: () => Promise<T>, maxMs = maxSearchMs): Promise<T> {
  try {
    return await search();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === timeIsUp)) throw error;
    throw new AppError('search-too-broad', `The search took longer than ${maxMs / 1_000} seconds.`, {
      cause: error,
    });
  }
}
