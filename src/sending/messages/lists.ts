import type { Types } from 'mongoose';
import type { UserDirectory } from '../../identity/users/directory.ts';
import type { ContactDirectory, ContactDoc } from '../../people/contacts/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { decodeCursor, encodeCursor, toBoundedPage, type Page } from '../../platform/pagination.ts';
import { isEmptyQuery } from '../../platform/search/query.ts';
import { defaultSearchDays } from './list-schemas.ts';
import type {
  MessageFilter,
  MessageListItem,
  MessagePosition,
  MessageRange,
  MessageRepository,
} from './store/repository.ts';

export interface MessageListDeps {
  readonly messages: Pick<MessageRepository, 'list' | 'findPosition'>;
  readonly contacts: Pick<ContactDirectory, 'findMany'>;
  readonly users: Pick<UserDirectory, 'namesOf'>;
  readonly clock: Clock;
}

/** Whom the messages of a page name, by their ids. */
export interface MessagePeople {
  readonly contacts: ReadonlyMap<string, ContactDoc>;
  readonly userNames: ReadonlyMap<string, string>;
}

export interface MessageListPage extends Page<MessageListItem> {
  readonly newerCursor: string | null;
  readonly people: MessagePeople;
}

export interface MessageListRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly order: MessageRange['order'];
  readonly around?: Types.ObjectId | undefined;
}

/** Pages of messages, with the people whom a screen names beside them. */
export function createMessageLists({ messages, contacts, users, clock }: MessageListDeps) {
  async function readPage(
    scope: ClientScope,
    filter: MessageFilter,
    { limit, ...range }: MessageRange,
  ): Promise<Page<MessageListItem>> {
    if (filter.query !== undefined && isEmptyQuery(filter.query)) return { items: [], nextCursor: null };
    return toBoundedPage(await messages.list(scope, filter, { ...range, limit: limit + 1 }), limit, cursorOf);
  }

  /** Half a page of newer messages, then the message and older ones. Throws `not-found`. */
  async function readAround(
    scope: ClientScope,
    filter: MessageFilter,
    { around, limit }: { readonly around: Types.ObjectId; readonly limit: number },
  ): Promise<Page<MessageListItem>> {
    const place = await messages.findPosition(scope, filter, around);
    if (place === null) throw notFound('message');
    const half = Math.floor(limit / 2);
    const above = { order: 'oldest-first', start: { place, isIncluded: false }, limit: half } as const;
    const { items: newer } = half === 0 ? { items: [] } : await readPage(scope, filter, above);
    const start = { place, isIncluded: true };
    const below = { order: 'newest-first', start, limit: limit - newer.length } as const;
    const { items: older, nextCursor } = await readPage(scope, filter, below);
    return { items: [...newer.toReversed(), ...older], nextCursor };
  }

  async function peopleOf(scope: ClientScope, items: readonly MessageListItem[]): Promise<MessagePeople> {
    const [found, userNames] = await Promise.all([
      contacts.findMany(scope, distinct(items.map(({ contactId }) => contactId))),
      users.namesOf(scope, distinct(items.flatMap(({ createdBy }) => createdBy ?? []))),
    ]);
    return { contacts: new Map(found.map((contact) => [contact._id.toHexString(), contact])), userNames };
  }

  return {
    /** Throws `not-found` if there is no message `around`, and `search-too-broad`. */
    async list(
      scope: ClientScope,
      given: MessageFilter,
      { limit, cursor, order, around }: MessageListRequest,
    ): Promise<MessageListPage> {
      const filter = withinDefaultTime(given, clock.now());
      const start = cursor === undefined ? null : { place: placeOf(cursor), isIncluded: false };
      const page =
        around === undefined
          ? await readPage(scope, filter, { order, start, limit })
          : await readAround(scope, filter, { around, limit });
      const newest = order === 'newest-first' ? page.items[0] : page.items.at(-1);
      const newerCursor = newest === undefined ? cursor : encodeCursor(cursorOf(newest));
      return { ...page, newerCursor: newerCursor ?? null, people: await peopleOf(scope, page.items) };
    },
  };
}

/** A search through all messages is of the latest ones, unless it says since when. */
function withinDefaultTime(filter: MessageFilter, now: Date): MessageFilter {
  const { query, since, conversationId, contactId } = filter;
  if (query === undefined || (since ?? conversationId ?? contactId) !== undefined) return filter;
  return { ...filter, since: new Date(now.getTime() - defaultSearchDays * dayMs) };
}

const dayMs = 24 * 60 * 60 * 1_000;

const cursorOf = ({ timestamp, _id }: MessageListItem) => ({ key: timestamp, id: _id });

function placeOf(cursor: string): MessagePosition {
  const { key: timestamp, id: _id } = decodeCursor(cursor, 'date');
  return { timestamp, _id };
}

const distinct = (ids: readonly Types.ObjectId[]): Types.ObjectId[] => [
  ...new Map(ids.map((id) => [id.toHexString(), id])).values(),
];
