import type { ClientSession, Connection, mongo, Types } from 'mongoose';
import { readRanges, type ListOrder } from '../../../platform/listing.ts';
import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import { contactModel, type ContactDoc, type ContactRecord } from './model.ts';
import { identityKeysOf, lookupKeysOf, type AnyIdentity, type OptInStatus } from '../rules.ts';

export type { ConsentEntry, ContactDoc, ContactRecord, CustomValue } from './model.ts';

/** What identifies a person: at least a phone or the provider's id; the others may come with it. */
export type ContactIdentity =
  | { readonly phoneNumber: string; readonly businessScopedUserId?: string; readonly whatsappId?: string }
  | { readonly phoneNumber?: undefined; readonly businessScopedUserId: string; readonly whatsappId?: string };

export interface ContactFilter {
  readonly tag?: string;
  readonly optInStatus?: OptInStatus;
  readonly isBlocked?: boolean;
  readonly isNumberSuspect?: boolean;
}

const withoutLog = { projection: { consentLog: 0, consentEntriesDropped: 0, copies: 0 } } as const;

export type ContactRepository = ReturnType<typeof createContactRepository>;

export function createContactRepository(connection: Connection) {
  // The driver's collection, not the model: messages come this way, and every value in a filter is typed.
  const contacts = contactModel(connection).collection as unknown as mongo.Collection<ContactRecord>;

  return {
    ...createRecordWrites(contacts),

    findById: (scope: ClientScope, _id: Types.ObjectId): Promise<ContactDoc | null> =>
      contacts.findOne<ContactDoc>({ _id, ...scope }, withoutLog),

    /** In any order; those that are not there are left out. */
    findMany: (scope: ClientScope, ids: readonly Types.ObjectId[]): Promise<ContactDoc[]> =>
      contacts.find<ContactDoc>({ _id: { $in: [...ids] }, ...scope }, withoutLog).toArray(),

    /** Whoever has one of these identities in any spelling, the contact `except` left aside. */
    findByIdentity: (
      scope: ClientScope,
      identity: AnyIdentity,
      { except, session }: { except?: Types.ObjectId; session?: ClientSession } = {},
    ): Promise<ContactDoc | null> =>
      contacts.findOne<ContactDoc>(
        { ...identityFilter(scope, identity), ...(except === undefined ? {} : { _id: { $ne: except } }) },
        { ...withoutLog, ...within(session) },
      ),

    /**
     * The contact with this identity, made from `fresh` when there is none. Who comes at the same time finds the
     * same one: the unique index of the keys, which know one spelling of a number only, lets one insert through.
     */
    async findOrInsert(
      scope: ClientScope,
      identity: ContactIdentity,
      fresh: Omit<ContactRecord, 'clientId' | 'identityKeys' | keyof AnyIdentity>,
    ): Promise<ContactDoc> {
      const upsert = () =>
        contacts.findOneAndUpdate(
          identityFilter(scope, identity),
          { $setOnInsert: { ...fresh, ...definedOf(identity), identityKeys: identityKeysOf(identity) } },
          { upsert: true, returnDocument: 'after', ...withoutLog },
        );
      const found = await upsert().catch((error: unknown) => {
        if (isDuplicateKey(error)) return upsert();
        throw error;
      });
      if (found === null) throw new Error('An upsert answered no document.');
      return found;
    },

    list: (
      scope: ClientScope,
      { tag, optInStatus, isBlocked, isNumberSuspect }: ContactFilter,
      order: ListOrder<ContactDoc>,
      limit: number,
    ): Promise<ContactDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        contacts
          .find({
            ...(tag === undefined ? {} : { tags: tag }),
            ...(optInStatus === undefined ? {} : { optInStatus }),
            ...(isBlocked === undefined ? {} : { isBlocked: isBlocked ? true : { $ne: true } }),
            ...(isNumberSuspect === undefined ? {} : { 'numberSuspect.at': { $exists: isNumberSuspect } }),
            ...(range as mongo.Filter<ContactRecord>),
            ...scope,
          })
          .sort(indexedSort(order.sort))
          .limit(atMost)
          .project<ContactDoc>(withoutLog.projection)
          .toArray(),
      ),
  };
}

/** What people and transactions do to one contact as a whole. */
const createRecordWrites = (contacts: mongo.Collection<ContactRecord>) => ({
  findRecord: (
    scope: ClientScope,
    _id: Types.ObjectId,
    session?: ClientSession,
  ): Promise<ContactRecord | null> => contacts.findOne({ _id, ...scope }, within(session)),

  /** Throws the duplicate key error when an identity is taken. */
  async insert(scope: ClientScope, record: ContactRecord, session: ClientSession): Promise<void> {
    await contacts.insertOne({ ...record, ...scope }, { session });
  },

  /** Puts `next` in place of what was read; false when somebody was faster. */
  async replace(
    scope: ClientScope,
    current: ContactRecord,
    next: ContactRecord,
    session: ClientSession,
  ): Promise<boolean> {
    const { _id, ...replacement } = next;
    const filter = { _id: current._id, version: current.version, ...scope };
    const { matchedCount } = await contacts.replaceOne(filter, { ...replacement, ...scope }, { session });
    return matchedCount === 1;
  },

  /** Reads a contact in order to copy from it: of such a transaction and a change of the contact, one must wait. */
  holdForCopy: (
    scope: ClientScope,
    _id: Types.ObjectId,
    session: ClientSession,
  ): Promise<ContactDoc | null> =>
    contacts.findOneAndUpdate(
      { _id, ...scope },
      { $inc: { copies: 1 } },
      { returnDocument: 'after', session, ...withoutLog },
    ),

  async remove(
    scope: ClientScope,
    { _id, version }: ContactRecord,
    session: ClientSession,
  ): Promise<boolean> {
    const { deletedCount } = await contacts.deleteOne({ _id, version, ...scope }, { session });
    return deletedCount === 1;
  },
});

const within = (session: ClientSession | undefined) => (session === undefined ? {} : { session });

const definedOf = (identity: AnyIdentity): Partial<ContactRecord> =>
  Object.fromEntries(Object.entries(identity).filter(([, value]) => value !== undefined));

function identityFilter(scope: ClientScope, identity: AnyIdentity): mongo.Filter<ContactRecord> {
  const keys = lookupKeysOf(identity);
  if (keys.length === 0) throw new Error('A contact cannot be looked for without an identity.');
  return { identityKeys: { $in: keys }, ...scope };
}

/** The unique index of phones holds no `_id`: within a client no two contacts have the same phone. */
function indexedSort(sort: Readonly<Record<string, 1 | -1>>): Record<string, 1 | -1> {
  const { phoneNumber } = sort;
  return phoneNumber === undefined ? { ...sort } : { phoneNumber };
}
