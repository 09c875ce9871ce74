import type { Types } from 'mongoose';
import {
  byPrefix,
  endOfPrefix,
  olderThan,
  readRanges,
  type ListOrder,
  type Range,
} from '../../platform/listing.ts';
import { decodeCursor, type Cursor } from '../../platform/pagination.ts';
import { digitsOf } from '../../platform/phone.ts';
import { indexFor, tokenIndex } from '../../platform/search/hints.ts';
import { conditionOf, isEmptyQuery, searchQuery, type SearchQuery } from '../../platform/search/query.ts';
import { searchTokens } from '../../platform/search/tokens.ts';
import { searchOf } from './rules.ts';

/** What a contact is found by. */
interface Findable {
  readonly name?: string;
  readonly phoneBook?: { readonly name?: string };
  readonly username?: string;
  readonly phoneNumber?: string;
  readonly whatsappId?: string;
}

/** Fewer digits at the end of a number are not found. */
const minSuffix = 3;

/** The words of a contact's names, and its numbers from each digit on, so that any digits of them are a beginning. Pure. */
export function contactTokens({ name, phoneBook, username, phoneNumber, whatsappId }: Findable): string[] {
  const names = [name, phoneBook?.name, username, username?.replace(/[^\p{L}\p{N}]/gu, '')];
  const written = names.filter((text) => text !== undefined).join('\n');
  const numbers = [phoneNumber, whatsappId].flatMap((number) => suffixesOf(digitsOf(number ?? '')));
  return [...new Set([...searchTokens(written), ...numbers])];
}

const suffixesOf = (digits: string): string[] =>
  Array.from({ length: Math.max(0, digits.length - minSuffix + 1) }, (_, from) => digits.slice(from));

/** What `q` asks of the tokens of contacts; null if it asks for a username. */
export function personQueryOf(q: string): SearchQuery | null {
  if (q.trim().startsWith('@')) return null;
  const isNumber = /^[\d\s()+./-]*\d[\d\s()+./-]*$/.test(q);
  // Zeros before a number depend on from where it is called.
  return isNumber ? { words: [], prefixes: [digitsOf(q).replace(/^0+(?=\d)/, '')] } : searchQuery(q);
}

/** A contact, or a lead that copies its fields. */
interface FoundPerson {
  readonly _id: Types.ObjectId;
  readonly createdAt: Date;
  readonly name?: string;
  readonly nameKey?: string;
  readonly phoneNumber?: string;
  readonly usernameKey?: string;
}

/** People who have the words anywhere, newest first, after those who begin with them. */
interface OtherPeople {
  readonly query: SearchQuery;
  readonly range: Range;
}

export interface PeopleOrder<Doc> extends ListOrder<Doc> {
  readonly others?: OtherPeople;
}

/** Before the key of a cursor among the others; no name has it. */
const othersMark = '\u0001';

/**
 * The search for `q`: first whom it begins (`searchOf`), in the order of that field, then all others who have the words
 * in their names or the digits in their numbers.
 */
export function peopleBy(q: string, cursor: string | undefined): PeopleOrder<FoundPerson> {
  const first = searchOf(q);
  const { field, prefix } = first;
  const after = cursor === undefined ? null : placeAmongOthers(cursor);
  const order = byPrefix(first, after === null ? cursor : undefined);
  const query = personQueryOf(q);
  const cursorOf = (person: FoundPerson): Cursor =>
    person[field]?.startsWith(prefix) === true
      ? order.cursorOf(person)
      : { key: `${othersMark}${person.createdAt.toISOString()}`, id: person._id };
  if (query === null || isEmptyQuery(query)) return order;
  const range = {
    searchTokens: conditionOf(query),
    [field]: { $not: { $gte: prefix, $lt: endOfPrefix(prefix) } },
    ...(after === null ? {} : olderThan(after)),
  };
  return { ...order, ranges: after === null ? order.ranges : [], cursorOf, others: { query, range } };
}

/** Null if the cursor is none of theirs. */
function placeAmongOthers(cursor: string): Cursor<Date> | null {
  const { key, id } = decodeCursor(cursor, 'string');
  const at = new Date(key.startsWith(othersMark) ? key.slice(othersMark.length) : '');
  return Number.isNaN(at.getTime()) ? null : { key: at, id };
}

export interface PeopleReads<Doc> {
  /** With a hint, throws `search-too-broad`. */
  read(
    range: Range,
    options: {
      readonly sort: Readonly<Record<string, 1 | -1>>;
      readonly limit: number;
      readonly hint?: string;
    },
  ): Promise<Doc[]>;
  count(range: Range, options: { readonly limit: number; readonly hint: string }): Promise<number>;
}

const peopleIndexes = { byToken: tokenIndex, byTime: 'clientId_1_createdAt_-1__id_-1' } as const;

/** Reads people in this order until there are `limit`. */
export async function readPeople<Doc>(
  order: Pick<PeopleOrder<Doc>, 'ranges' | 'sort' | 'others'>,
  limit: number,
  { read, count }: PeopleReads<Doc>,
): Promise<Doc[]> {
  const { sort, others } = order;
  const found = await readRanges(order, limit, (range, atMost) => read(range, { sort, limit: atMost }));
  if (others === undefined || found.length >= limit) return found;
  const { query, range } = others;
  const hint = await indexFor(query, peopleIndexes, (atMost) =>
    count({ searchTokens: conditionOf(query) }, { limit: atMost, hint: tokenIndex }),
  );
  const rest = { sort: { createdAt: -1, _id: -1 }, limit: limit - found.length, hint } as const;
  return [...found, ...(await read(range, rest))];
}
