import type { Types } from 'mongoose';
import { decodeCursor, type Cursor } from './pagination.ts';

export type Range = Readonly<Record<string, unknown>>;

/**
 * The start and order of a page. After a cursor there are two ranges, read in turn: the rest of the documents with the
 * same sort key, then those that follow. Each range is one contiguous part of an index. As one query with `$or`, the
 * planner sometimes chose to sort.
 */
export interface ListOrder<Doc> {
  readonly ranges: readonly Range[];
  readonly sort: Readonly<Record<string, 1 | -1>>;
  cursorOf(document: Doc): Cursor;
}

interface Created {
  readonly _id: Types.ObjectId;
  readonly createdAt: Date;
}

export function newestFirst(cursor: string | undefined): ListOrder<Created> {
  const after = cursor === undefined ? null : decodeCursor(cursor, 'date');
  return {
    ranges:
      after === null
        ? [{}]
        : [{ createdAt: after.key, _id: { $lt: after.id } }, { createdAt: { $lt: after.key } }],
    sort: { createdAt: -1, _id: -1 },
    cursorOf: ({ createdAt, _id }) => ({ key: createdAt, id: _id }),
  };
}

/** What follows the cursor in the order of `newestFirst`, as one range for a query that is read at once; it has an `$or`. */
export const olderThan = ({ key, id }: Cursor<Date>) => ({
  createdAt: { $lte: key },
  $or: [{ createdAt: { $lt: key } }, { _id: { $lt: id } }],
});

/** Sorts after every text with the prefix: no character is higher. */
export const endOfPrefix = (prefix: string): string => `${prefix}\u{10ffff}`;

/** Documents whose field begins with the prefix, ordered by it. A range, not a pattern, so the text needs no escaping. */
export function byPrefix<Field extends string>(
  { field, prefix }: { readonly field: Field; readonly prefix: string },
  cursor: string | undefined,
): ListOrder<{ readonly _id: Types.ObjectId } & { readonly [F in Field]?: string }> {
  const after = cursor === undefined ? null : decodeCursor(cursor, 'string');
  return {
    // A cursor of another search has no place in this one, so the list starts from the beginning.
    ranges:
      after?.key.startsWith(prefix) === true
        ? [
            { [field]: after.key, _id: { $gt: after.id } },
            { [field]: { $gt: after.key, $lt: endOfPrefix(prefix) } },
          ]
        : [{ [field]: { $gte: prefix, $lt: endOfPrefix(prefix) } }],
    sort: { [field]: 1, _id: 1 },
    cursorOf: (document) => ({ key: document[field] ?? '', id: document._id }),
  };
}

/** Reads the ranges of an order until there are `limit` documents. */
export async function readRanges<Doc>(
  { ranges }: Pick<ListOrder<Doc>, 'ranges'>,
  limit: number,
  read: (range: Range, limit: number) => Promise<Doc[]>,
): Promise<Doc[]> {
  const found: Doc[] = [];
  for (const range of ranges) {
    if (found.length < limit) found.push(...(await read(range, limit - found.length)));
  }
  return found;
}

interface Named {
  readonly _id: Types.ObjectId;
  readonly nameKey: string;
}

/** As the database compares texts: by their bytes. */
const byName = (a: Named, b: Named): number =>
  Buffer.compare(Buffer.from(a.nameKey), Buffer.from(b.nameKey)) ||
  Buffer.compare(Buffer.from(a._id.toHexString()), Buffer.from(b._id.toHexString()));

/** The first of several lists that are each in the order of their names. */
export const mergeByName = <Doc extends Named>(lists: readonly (readonly Doc[])[], limit: number): Doc[] =>
  lists.flat().toSorted(byName).slice(0, limit);
