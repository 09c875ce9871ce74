import { Types } from 'mongoose';
import { z } from 'zod';
import { AppError } from './errors.ts';

/**
 * Keyset paging: a page starts after the last item of the previous one, identified by sort key and id. Pages stay stable
 * while items are added, and the thousandth costs as much as the first.
 */
export type SortKey = Date | string | number;

export interface Cursor<K extends SortKey = SortKey> {
  readonly key: K;
  readonly id: Types.ObjectId;
}

interface SortKeyTypes {
  readonly date: Date;
  readonly string: string;
  readonly number: number;
}

export type SortKeyKind = keyof SortKeyTypes;

export const maxPageSize = 100;
const defaultPageSize = 50;
const maxCursorLength = 1_024;

export const pageCursor = z
  .string()
  .min(1)
  .max(maxCursorLength)
  .optional()
  .meta({ description: 'The `nextCursor` of the previous page' });

/** Query fields of every list: spread them into the route's `strictObject`. */
export const pageQuery = {
  limit: z
    .preprocess(
      (value) => (typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : value),
      z.int().min(1).max(maxPageSize).default(defaultPageSize),
    )
    .meta({ description: 'Maximum number of items' }),
  cursor: pageCursor,
};

/** The reply of a list. `id` names its component in the API description; its example contains an item's. */
export const pageOf = <S extends z.ZodType>(item: S, id: string) => pageWith(item, id, {});

/** As `pageOf`, with more fields, which are null in the example. */
export const pageWith = <S extends z.ZodType, More extends z.ZodRawShape>(item: S, id: string, more: More) =>
  z
    .object({
      items: z.array(item),
      nextCursor: z.string().nullable().meta({ description: 'Null on the last page' }),
      ...more,
    })
    .meta({
      id,
      examples: [
        {
          items: item.meta()?.['examples'] ?? [],
          nextCursor: null,
          ...Object.fromEntries(Object.keys(more).map((name) => [name, null])),
        },
      ],
    });

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export function encodeCursor({ key, id }: Cursor): string {
  const value = key instanceof Date ? key.toISOString() : key;
  return Buffer.from(JSON.stringify([value, id.toHexString()])).toString('base64url');
}

/** For a cursor that the list did not give out. */
export const invalidCursor = (path = 'query.cursor'): AppError =>
  new AppError('invalid-input', 'The cursor is invalid.', {
    errors: [{ path, message: 'Pass the nextCursor of the previous page, unchanged.' }],
  });

/**
 * Decodes a cursor whose sort key has the given type; throws `invalid-input` for any text that `encodeCursor` would not
 * produce. `path` is its place in the request.
 */
export function decodeCursor<K extends SortKeyKind>(
  text: string,
  kind: K,
  path?: string,
): Cursor<SortKeyTypes[K]>;
export function decodeCursor(text: string, kind: SortKeyKind, path = 'query.cursor'): Cursor {
  const parts = parseParts(text, path);
  const [value, id] = parts;
  if (parts.length !== 2 || typeof id !== 'string' || !/^[0-9a-f]{24}$/.test(id)) throw invalidCursor(path);
  const key = readKey(value, kind);
  if (key === undefined) throw invalidCursor(path);
  const cursor = { key, id: Types.ObjectId.createFromHexString(id) };
  // Base64 and JSON can write one value in many ways; only the output of `encodeCursor` is a cursor.
  if (encodeCursor(cursor) !== text) throw invalidCursor(path);
  return cursor;
}

function parseParts(text: string, path: string): readonly unknown[] {
  if (text.length > maxCursorLength || !/^[A-Za-z0-9_-]+$/.test(text)) throw invalidCursor(path);
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    throw invalidCursor(path);
  }
}

function readKey(value: unknown, kind: SortKeyKind): SortKey | undefined {
  if (kind === 'number') return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  if (kind === 'string') return value;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

export type SortDirection = 'ascending' | 'descending';

/**
 * The filter for everything after the cursor, ordered by `field` and then `_id` in one direction. Spread it only into a
 * filter without `$or`; otherwise put it under `$and`.
 */
export function afterCursor(field: string, direction: SortDirection, cursor: Cursor) {
  const operator = direction === 'ascending' ? '$gt' : '$lt';
  return {
    $or: [{ [field]: { [operator]: cursor.key } }, { [field]: cursor.key, _id: { [operator]: cursor.id } }],
  };
}

/** The sort that belongs to `afterCursor`. */
export const sortBy = (field: string, direction: SortDirection): Record<string, 1 | -1> => {
  const order = direction === 'ascending' ? 1 : -1;
  return { [field]: order, _id: order };
};

/** Documents of this size in total fill a page, however few they are. */
export const maxPageBytes = 524_288;

/** A document that a page has no room for: only its place in the order is read. */
interface BeyondPage {
  readonly isBeyondPage?: true;
}

/**
 * Stages at the end of an aggregation that is sorted by `sort`: replaces the documents beyond `maxPageBytes` by their
 * place, so that they are neither sent nor decoded. The first document always has room.
 */
export const withinPageBytes = (sort: Readonly<Record<string, 1 | -1>>): Record<string, unknown>[] => [
  { $set: { pageBytes: { $bsonSize: '$$ROOT' } } },
  {
    $setWindowFields: {
      sortBy: sort,
      output: { pageEnd: { $sum: '$pageBytes', window: { documents: ['unbounded', 'current'] } } },
    },
  },
  {
    $replaceWith: {
      $cond: [
        { $lt: [{ $subtract: ['$pageEnd', '$pageBytes'] }, maxPageBytes] },
        '$$ROOT',
        { _id: '$_id', isBeyondPage: true },
      ],
    },
  },
  { $unset: ['pageBytes', 'pageEnd'] },
];

/** Makes a page of documents read with `limit + 1` and `withinPageBytes`. */
export function toBoundedPage<T extends object>(
  documents: readonly (T & BeyondPage)[],
  limit: number,
  cursorOf: (document: T) => Cursor,
): Page<T> {
  const whole = documents.filter(({ isBeyondPage }) => isBeyondPage !== true);
  return pageOfItems(
    whole.slice(0, limit),
    whole.length < documents.length || whole.length > limit,
    cursorOf,
  );
}

/** Makes a page of documents read with `limit + 1`; the extra document shows that more follow. */
export function toPage<T>(
  documents: readonly T[],
  limit: number,
  cursorOf: (document: T) => Cursor,
): Page<T> {
  return pageOfItems(documents.slice(0, limit), documents.length > limit, cursorOf);
}

function pageOfItems<T>(items: readonly T[], hasMore: boolean, cursorOf: (document: T) => Cursor): Page<T> {
  const last = items.at(-1);
  return { items, nextCursor: hasMore && last !== undefined ? encodeCursor(cursorOf(last)) : null };
}
