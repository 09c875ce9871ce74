import type { Types } from 'mongoose';
import { decodeCursor, type Cursor } from './pagination.ts';

type Range = Readonly<Record<string, unknown>>;

/**
 * Where a page begins and how it is ordered. After a cursor there are two ranges, read one after the other: what is
 * left of those with the same sort key, then those behind. Each is one piece of an index in the order of the list; as
 * one query with `$or` the planner would sometimes choose to sort.
 */
export interface ListOrder<Doc> {
  readonly ranges: readonly [Range, ...Range[]];
  readonly sort: Readonly<Record<string, 1 | -1>>;
  cursorOf(document: Doc): Cursor;
}

interface Created {
  readonly _id: Types.ObjectId;
  readonly createdAt: Date;
}

/** The newest first. */
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

/** Sorts after every text that begins with the prefix: no character is higher. */
const behind = (prefix: string): string => `${prefix}\u{10ffff}`;

/** All whose field begins with the prefix, in its order. A range instead of a pattern: the text needs no escaping. */
export function byPrefix<Field extends string>(
  { field, prefix }: { readonly field: Field; readonly prefix: string },
  cursor: string | undefined,
): ListOrder<{ readonly _id: Types.ObjectId } & { readonly [F in Field]?: string }> {
  const after = cursor === undefined ? null : decodeCursor(cursor, 'string');
  return {
    // The cursor of another search names nothing here, so the list begins at its beginning.
    ranges:
      after?.key.startsWith(prefix) === true
        ? [
            { [field]: after.key, _id: { $gt: after.id } },
            { [field]: { $gt: after.key, $lt: behind(prefix) } },
          ]
        : [{ [field]: { $gte: prefix, $lt: behind(prefix) } }],
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
