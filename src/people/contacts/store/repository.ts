import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../../platform/tenant-collection.ts';
import { endOfPrefix } from '../../../platform/listing.ts';
import { tokenIndex } from '../../../platform/search/hints.ts';
import { conditionOf, isEmptyQuery } from '../../../platform/search/query.ts';
import type { ScopedFilter } from '../../../platform/tenant-queries.ts';
import type { FieldCondition } from '../../custom-fields/filters.ts';
import { contactModel, type ContactDoc, type ContactRecord } from './model.ts';
import { createSegmentQueries } from './segment-queries.ts';
import { createSetQueries } from './set-queries.ts';
import { countryOf, lookupKeysOf, usernameKeyOf, type AnyIdentity, type OptInStatus } from '../rules.ts';
import { contactTokens, personQueryOf, readPeople, type PeopleOrder } from '../search.ts';

export type { ConsentEntry, ContactDoc, ContactOrigin, ContactRecord, SamePerson } from './model.ts';
export type { SamePersonReason } from './model.ts';

/** The identities of a person: at least one beside the username. */
export type ContactIdentity = AnyIdentity & { readonly username?: string | undefined };

export interface ContactFilter {
  readonly tagId?: Types.ObjectId;
  readonly groupId?: Types.ObjectId;
  readonly optInStatus?: OptInStatus;
  readonly isBlocked?: boolean;
  readonly isNumberSuspect?: boolean;
  readonly fields?: readonly FieldCondition[];
}

/** A number changes hands a few times at most. */
const maxFormerOwners = 20;

const withoutLog = {
  projection: { consentLog: 0, consentEntriesDropped: 0, copies: 0, searchTokens: 0, cf: 0 },
} as const;

export type ContactRepository = ReturnType<typeof createContactRepository>;

export function createContactRepository(connection: Connection) {
  const contacts = openTenantCollection(contactModel, connection);

  return {
    ...createRecordWrites(contacts),
    ...createSegmentQueries(contacts),
    ...createKeyReads(contacts),
    ...createSetQueries(contacts),

    findById: (scope: ClientScope, _id: Types.ObjectId): Promise<ContactDoc | null> =>
      contacts.findOne<ContactDoc>(scope, { _id }, withoutLog),

    /** In no particular order; leaves out missing contacts. */
    findMany: (
      scope: ClientScope,
      ids: readonly Types.ObjectId[],
      session?: ClientSession,
    ): Promise<ContactDoc[]> =>
      contacts.find<ContactDoc>(scope, { _id: { $in: [...ids] } }, { ...withoutLog, session }),

    /** The contact with this id, and every contact that has one of the keys; leaves out missing contacts. */
    findWithKeys: (scope: ClientScope, _id: Types.ObjectId, keys: readonly string[]): Promise<ContactDoc[]> =>
      contacts.find<ContactDoc>(
        scope,
        keys.length === 0 ? { _id } : { $or: [{ _id }, { identityKeys: { $in: [...keys] } }] },
        withoutLog,
      ),

    /** The contact, other than `except`, that has one of the identities in any spelling. */
    findByIdentity: (
      scope: ClientScope,
      identity: AnyIdentity,
      { except, session }: { except?: Types.ObjectId; session?: ClientSession } = {},
    ): Promise<ContactDoc | null> =>
      contacts.findOne<ContactDoc>(
        scope,
        { ...identityFilter(identity), ...(except === undefined ? {} : { _id: { $ne: except } }) },
        { ...withoutLog, session },
      ),

    /** The contacts that had one of these numbers before. */
    findFormerOwners: (scope: ClientScope, keys: readonly string[]): Promise<ContactDoc[]> =>
      contacts.find<ContactDoc>(
        scope,
        { formerKeys: { $in: [...keys] } },
        { ...withoutLog, sort: { _id: -1 }, limit: maxFormerOwners },
      ),

    list: (
      scope: ClientScope,
      filter: ContactFilter,
      order: PeopleOrder<ContactDoc>,
      limit: number,
    ): Promise<ContactDoc[]> =>
      readPeople(order, limit, {
        read(range, { sort, limit: atMost, hint }) {
          const query = { ...toQuery(filter), ...(range as ScopedFilter<ContactRecord>) };
          const options = { ...withoutLog, sort: indexedSort(sort), limit: atMost };
          return hint === undefined
            ? contacts.find<ContactDoc>(scope, query, options)
            : contacts.search<ContactDoc>(scope, query, { ...options, hint });
        },
        count: (range, options) => contacts.searchCount(scope, range as ScopedFilter<ContactRecord>, options),
      }),

    /** The ids of contacts whom `q` finds, in no particular order. Throws `search-too-broad`. */
    async findIdsBy(scope: ClientScope, q: string, limit: number): Promise<Types.ObjectId[]> {
      const query = personQueryOf(q);
      if (query !== null && isEmptyQuery(query)) return [];
      const username = usernameKeyOf(q);
      const found = await contacts.search(
        scope,
        query === null
          ? { usernameKey: { $gte: username, $lt: endOfPrefix(username) } }
          : { searchTokens: conditionOf(query) },
        { projection: { _id: 1 }, limit, ...(query === null ? {} : { hint: tokenIndex }) },
      );
      return found.map(({ _id }) => _id);
    },
  };
}

const createKeyReads = (contacts: TenantCollection<ContactRecord>) => ({
  /** The contacts that have one of the keys now; one, unless an event names two contacts. */
  findByKeys: (scope: ClientScope, keys: readonly string[], session?: ClientSession): Promise<ContactDoc[]> =>
    contacts.find<ContactDoc>(scope, { identityKeys: { $in: [...keys] } }, { ...withoutLog, session }),
});

const toQuery = ({
  tagId,
  groupId,
  optInStatus,
  isBlocked,
  isNumberSuspect,
  fields,
}: ContactFilter): ScopedFilter<ContactRecord> => ({
  ...(tagId === undefined ? {} : { tagIds: tagId }),
  ...(groupId === undefined ? {} : { groupIds: groupId }),
  ...(optInStatus === undefined ? {} : { optInStatus }),
  ...(isBlocked === undefined ? {} : { isBlocked: isBlocked ? true : { $ne: true } }),
  ...(isNumberSuspect === undefined ? {} : { 'numberSuspect.at': { $exists: isNumberSuspect } }),
  ...(fields === undefined ? {} : fieldQuery(fields)),
});

/** Each attribute by itself. The database uses a partial index only if the filter says that its field exists. */
const fieldQuery = (fields: readonly FieldCondition[]): ScopedFilter<ContactRecord> => ({
  cf: { $all: fields.map(({ key, member, is }) => ({ $elemMatch: { k: key, [member]: is } })) },
  ...Object.fromEntries(
    fields.map(({ member }) => [
      member === 'n' || member === 'd' ? `cf.${member}` : 'cf.k',
      { $exists: true },
    ]),
  ),
});

/** The record as stored: the one place that writes its tokens and its country, and empties its old names of tags. */
function asStored({ country: _former, ...record }: ContactRecord): ContactRecord {
  const country = countryOf(record);
  const given = country === undefined ? {} : { country };
  return { ...record, ...given, tags: [], searchTokens: contactTokens(record) };
}

/** Reads and writes of whole records, and what a change of something else asks of them. */
const createRecordWrites = (contacts: TenantCollection<ContactRecord>) => ({
  /** The ids of some contacts that have a value under the key, in no particular order. */
  async findIdsWithField(
    scope: ClientScope,
    key: string,
    options: { readonly limit: number; readonly session: ClientSession },
  ): Promise<Types.ObjectId[]> {
    const found = await contacts.find(scope, { 'cf.k': key }, { projection: { _id: 1 }, ...options });
    return found.map(({ _id }) => _id);
  },

  findRecord: (
    scope: ClientScope,
    _id: Types.ObjectId,
    session?: ClientSession,
  ): Promise<ContactRecord | null> => contacts.findOne(scope, { _id }, { session }),

  /** Throws the duplicate key error if another contact has one of the identities. */
  insert: (scope: ClientScope, record: ContactRecord, session: ClientSession): Promise<void> =>
    contacts.insertOne(scope, asStored(record), { session }),

  /** The same for several, in one command. */
  insertEach: (
    scope: ClientScope,
    records: readonly ContactRecord[],
    session: ClientSession,
  ): Promise<void> => contacts.insertMany(scope, records.map(asStored), { session }),

  /** In no particular order; leaves out missing contacts. */
  findRecords: (
    scope: ClientScope,
    ids: readonly Types.ObjectId[],
    session: ClientSession,
  ): Promise<ContactRecord[]> => contacts.find(scope, { _id: { $in: [...ids] } }, { session }),

  /** As `replace` for several, in one command: false if one of them has changed since it was read. */
  replaceEach: (
    scope: ClientScope,
    written: readonly { readonly before: ContactRecord; readonly after: ContactRecord }[],
    session: ClientSession,
  ): Promise<boolean> =>
    contacts.replaceEachVersioned(
      scope,
      written.map(({ before, after }) => ({ current: before, next: asStored(after) })),
      session,
    ),

  /** Replaces `current` with `next`; false if the contact has changed since it was read. */
  replace: (
    scope: ClientScope,
    current: ContactRecord,
    next: ContactRecord,
    session: ClientSession,
  ): Promise<boolean> => contacts.replaceVersioned(scope, current, asStored(next), session),

  /** Reads a contact and locks it: a concurrent change of the contact conflicts with the transaction. */
  holdForCopy: (
    scope: ClientScope,
    _id: Types.ObjectId,
    session: ClientSession,
  ): Promise<ContactDoc | null> =>
    contacts.findOneAndUpdate(
      scope,
      { _id },
      { $inc: { copies: 1 } },
      { returnDocument: 'after', session, ...withoutLog },
    ),

  /** Removes the links to a contact, in the transaction that deletes it. */
  async unlink(scope: ClientScope, contactId: Types.ObjectId, session: ClientSession): Promise<void> {
    await contacts.updateMany(
      scope,
      { 'samePerson.contactId': contactId },
      { $pull: { samePerson: { contactId } }, $inc: { version: 1 } },
      { session },
    );
  },

  remove: (scope: ClientScope, { _id, version }: ContactRecord, session: ClientSession): Promise<boolean> =>
    contacts.deleteOne(scope, { _id, version }, { session }),
});

function identityFilter(identity: AnyIdentity): ScopedFilter<ContactRecord> {
  const keys = lookupKeysOf(identity);
  if (keys.length === 0) throw new Error('A search for a contact needs an identity.');
  return { identityKeys: { $in: keys } };
}

/** The unique index on phone numbers has no `_id`, and needs none: a client has each number once. */
function indexedSort(sort: Readonly<Record<string, 1 | -1>>): Record<string, 1 | -1> {
  const { phoneNumber } = sort;
  return phoneNumber === undefined ? { ...sort } : { phoneNumber };
}
