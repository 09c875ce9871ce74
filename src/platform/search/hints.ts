import type { SearchQuery } from './query.ts';

/** The names of the indexes that can serve a search whose results are in order of time. */
export interface SearchIndexes {
  /** By token, then time. Finds a whole word in order; what only begins with some letters must be sorted. */
  readonly byToken: string;
  /** By time. Finds what most documents have. */
  readonly byTime: string;
}

/** The index of tokens has this name in every collection. */
export const tokenIndex = 'searched';

/** An entry for each token, in order of this time; for the model, and written out in a migration. */
export const tokenIndexBy = (time: 'timestamp' | 'createdAt') =>
  [
    { clientId: 1, searchTokens: 1, [time]: -1, _id: -1 },
    { name: tokenIndex, partialFilterExpression: { searchTokens: { $exists: true } } },
  ] as const;

/** The entries of as many are sorted in some milliseconds. If more match, of a million every two hundredth does, or more. */
export const maxSorted = 5_000;

/**
 * The index for a search. If only beginnings of words are asked for and `count`, which counts up to a limit, finds many,
 * the documents are better read in order until the page is full.
 */
export async function indexFor(
  { words }: SearchQuery,
  { byToken, byTime }: SearchIndexes,
  count: (limit: number) => Promise<number>,
): Promise<string> {
  if (words.length > 0) return byToken;
  return (await count(maxSorted + 1)) > maxSorted ? byTime : byToken;
}
