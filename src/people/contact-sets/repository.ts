import type { ClientSession, Connection, Types } from 'mongoose';
import { readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { contactGroupModel, tagModel, type ContactSetDoc } from './model.ts';

export type { ContactSetDoc } from './model.ts';

export type ContactSetRepository = ReturnType<typeof createQueries>;

export const createTagRepository = (connection: Connection): ContactSetRepository =>
  createQueries(openTenantCollection(tagModel, connection));

export const createContactGroupRepository = (connection: Connection): ContactSetRepository =>
  createQueries(openTenantCollection(contactGroupModel, connection));

const createQueries = (sets: TenantCollection<ContactSetDoc>) => ({
  findById: (
    scope: ClientScope,
    _id: Types.ObjectId,
    session?: ClientSession,
  ): Promise<ContactSetDoc | null> => sets.findOne(scope, { _id }, { session }),

  /** In no particular order; leaves out those that do not exist. */
  findMany: (
    scope: ClientScope,
    ids: readonly Types.ObjectId[],
    session?: ClientSession,
  ): Promise<ContactSetDoc[]> => sets.find(scope, { _id: { $in: [...ids] } }, { session }),

  /** In no particular order; leaves out those that do not exist. */
  findByKeys: (
    scope: ClientScope,
    nameKeys: readonly string[],
    session?: ClientSession,
  ): Promise<ContactSetDoc[]> => sets.find(scope, { nameKey: { $in: [...nameKeys] } }, { session }),

  /** The ids and places of all of a client, at most `maxSets`, or what a migration has made of more. */
  findPlaces: (scope: ClientScope, session?: ClientSession): Promise<Pick<ContactSetDoc, '_id' | 'slot'>[]> =>
    sets.find<Pick<ContactSetDoc, '_id' | 'slot'>>(scope, {}, { projection: { slot: 1 }, session }),

  /** The keys of the names of all of a client. */
  async findKeys(scope: ClientScope): Promise<readonly string[]> {
    const found = await sets.find<Pick<ContactSetDoc, 'nameKey'>>(scope, {}, { projection: { nameKey: 1 } });
    return found.map(({ nameKey }) => nameKey);
  },

  /** By name; names are unique, so that their index serves the list in order. */
  list: (scope: ClientScope, order: ListOrder<ContactSetDoc>, limit: number): Promise<ContactSetDoc[]> =>
    readRanges(order, limit, (range, atMost) =>
      sets.find(scope, range as ScopedFilter<ContactSetDoc>, { sort: { nameKey: 1 }, limit: atMost }),
    ),

  /** Throws the duplicate key error if the name or the place is taken. */
  insert: (scope: ClientScope, fresh: ContactSetDoc, session: ClientSession): Promise<void> =>
    sets.insertOne(scope, fresh, { session }),

  /** The same for several, in one command. */
  insertEach: (scope: ClientScope, fresh: readonly ContactSetDoc[], session: ClientSession): Promise<void> =>
    sets.insertMany(scope, fresh, { session }),

  /** As `insert`; false if the set has changed since it was read. */
  replace: (
    scope: ClientScope,
    current: ContactSetDoc,
    next: ContactSetDoc,
    session: ClientSession,
  ): Promise<boolean> => sets.replaceVersioned(scope, current, next, session),

  /** The same for several, in one command: false if one of them has changed. */
  replaceEach: (
    scope: ClientScope,
    written: readonly { readonly before: ContactSetDoc; readonly after: ContactSetDoc }[],
    session: ClientSession,
  ): Promise<boolean> =>
    sets.replaceEachVersioned(
      scope,
      written.map(({ before, after }) => ({ current: before, next: after })),
      session,
    ),

  remove: (scope: ClientScope, { _id, version }: ContactSetDoc, session: ClientSession): Promise<boolean> =>
    sets.deleteOne(scope, { _id, version }, { session }),

  /** Writes to the sets, so that the transaction conflicts with their deletion. */
  async hold(scope: ClientScope, ids: readonly Types.ObjectId[], session: ClientSession): Promise<void> {
    await sets.updateMany(scope, { _id: { $in: [...ids] } }, { $inc: { holds: 1 } }, { session });
  },
});
