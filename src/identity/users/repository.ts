import type { ClientSession, Connection, Types } from 'mongoose';
import { type ListOrder, readRanges } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter, Unscoped } from '../../platform/tenant-queries.ts';
import { type UserDoc, userModel, type UserRole, type UserStatus } from './model.ts';

export type { UserDoc, UserRole, UserStatus } from './model.ts';

export interface UserFilter {
  readonly role?: UserRole;
  readonly status?: UserStatus;
  /** Only these users. */
  readonly ids?: readonly Types.ObjectId[];
}

export type UserRepository = ReturnType<typeof createUserRepository>;

export function createUserRepository(connection: Connection) {
  const users = openTenantCollection(userModel, connection);
  return {
    async insert(scope: ClientScope, user: Unscoped<UserDoc>, session: ClientSession): Promise<void> {
      await users.insertOne(scope, user, { session });
    },

    findById: (scope: ClientScope, _id: Types.ObjectId, session?: ClientSession): Promise<UserDoc | null> =>
      users.findOne(scope, { _id }, { session }),

    ...createLookUps(users),

    /** Across all tenants. The address must be trimmed and in lower case. */
    findByEmailAcrossClients: (email: string): Promise<UserDoc | null> =>
      users.acrossClients.findOne({ email }),

    /** Those of the users who are active. Streams of all clients are checked together. */
    findActiveAcrossClients: (
      ids: readonly Types.ObjectId[],
    ): Promise<Pick<UserDoc, '_id' | 'clientId' | 'role'>[]> =>
      users.acrossClients.find(
        { _id: { $in: [...ids] }, status: 'active' },
        { projection: { clientId: 1, role: 1 } },
      ),

    list: (
      scope: ClientScope,
      { ids, ...filter }: UserFilter,
      order: ListOrder<UserDoc>,
      limit: number,
    ): Promise<UserDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        users.find(
          scope,
          { ...filter, ...withinIds(range as ScopedFilter<UserDoc>, ids) },
          { sort: order.sort, limit: atMost },
        ),
      ),

    /** Replaces `current` with `next`; false if the user has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: UserDoc,
      next: UserDoc,
      session: ClientSession,
    ): Promise<boolean> => users.replaceVersioned(scope, current, next, session),

    /** False if the user was disabled, or their password changed, since `current` was read. */
    async noteSignIn(scope: ClientScope, current: UserDoc, at: Date, session: ClientSession) {
      const { _id, passwordHash } = current;
      const noted = await users.updateOne(
        scope,
        { _id, status: 'active', passwordHash: passwordHash ?? null },
        { $set: { lastSignInAt: at } },
        { session },
      );
      return noted.matchedCount === 1;
    },

    /** Whether the client has another admin who can sign in. */
    async hasOtherAdmin(scope: ClientScope, _id: Types.ObjectId, session: ClientSession): Promise<boolean> {
      const other = await users.findOne(
        scope,
        { _id: { $ne: _id }, role: 'admin', status: 'active', passwordHash: { $exists: true } },
        { projection: { _id: 1 }, session },
      );
      return other !== null;
    },
  };
}

/** What others need to know of some users. */
const createLookUps = (users: TenantCollection<UserDoc>) => ({
  findNames: (scope: ClientScope, ids: readonly Types.ObjectId[]): Promise<Pick<UserDoc, '_id' | 'name'>[]> =>
    users.find<Pick<UserDoc, '_id' | 'name'>>(scope, { _id: { $in: [...ids] } }, { projection: { name: 1 } }),

  findStatuses: (
    scope: ClientScope,
    ids: readonly Types.ObjectId[],
    session?: ClientSession,
  ): Promise<Pick<UserDoc, '_id' | 'status'>[]> =>
    users.find<Pick<UserDoc, '_id' | 'status'>>(
      scope,
      { _id: { $in: [...ids] } },
      { projection: { status: 1 }, session },
    ),
});

/** Of the range of a list, only these users; a range may bound the id itself. */
function withinIds(
  { _id, ...range }: ScopedFilter<UserDoc>,
  ids: readonly Types.ObjectId[] | undefined,
): ScopedFilter<UserDoc> {
  const bound = _id === undefined ? {} : { _id };
  if (ids === undefined) return { ...range, ...bound };
  const among: ScopedFilter<UserDoc> = { _id: { $in: [...ids] } };
  return _id === undefined ? { ...range, ...among } : { ...range, ...among, $or: [bound] };
}
