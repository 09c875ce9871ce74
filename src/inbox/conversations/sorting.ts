import {
  decodeCursor,
  encodeCursor,
  invalidCursor,
  toPage,
  type Cursor,
  type Page,
} from '../../platform/pagination.ts';
import type { ConversationDoc } from './model.ts';

export const conversationSorts = ['recent', 'unread', 'waiting'] as const;
/** Latest message first; those with unread messages before the others; the longest wait first. */
export type ConversationSort = (typeof conversationSorts)[number];

type Part = 'unread' | 'read' | 'waiting';

/** Where a page begins: after this one in its part of the list, or in the whole of it. */
export interface ConversationPlace extends Cursor<Date> {
  readonly part?: Part;
}

const partsOfSort = {
  unread: ['unread', 'read'],
  waiting: ['waiting'],
} as const satisfies Partial<Record<ConversationSort, readonly Part[]>>;

/** The place of a conversation in a list. */
function placeOf(sort: ConversationSort, conversation: ConversationDoc): ConversationPlace {
  const { _id: id, lastMessageAt, unreadCount, waitingSince = lastMessageAt } = conversation;
  if (sort === 'waiting') return { part: 'waiting', key: waitingSince, id };
  if (sort === 'recent') return { key: lastMessageAt, id };
  return { part: unreadCount > 0 ? 'unread' : 'read', key: lastMessageAt, id };
}

/** A cursor belongs to its order: the parts of the others are named in its key. */
const toCursor = ({ part, key, id }: ConversationPlace): Cursor =>
  part === undefined ? { key, id } : { key: `${part} ${key.toISOString()}`, id };

/** Reads a cursor of the list in this order; throws `invalid-input` for any other text. */
export function decodePlace(text: string, sort: ConversationSort): ConversationPlace {
  if (sort === 'recent') return decodeCursor(text, 'date');
  const { key: words, id } = decodeCursor(text, 'string');
  const [name, time = ''] = words.split(' ');
  const part = partsOfSort[sort].find((one) => one === name);
  const key = new Date(time);
  if (part === undefined || Number.isNaN(key.getTime())) throw invalidCursor();
  const place = { part, key, id };
  if (encodeCursor(toCursor(place)) !== text) throw invalidCursor();
  return place;
}

/** Makes a page of conversations read with `limit + 1`. */
export const toSortedPage = (
  found: readonly ConversationDoc[],
  limit: number,
  sort: ConversationSort,
): Page<ConversationDoc> => toPage(found, limit, (conversation) => toCursor(placeOf(sort, conversation)));
