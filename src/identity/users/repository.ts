import mongoose, { type ClientSession, type Connection, type mongo, type Types } from 'mongoose';
import { type ListOrder, readRanges } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { type Change, versionedUpdate } from '../../platform/update.ts';
import { type UserDoc, userModel, type UserRole, type UserStatus } from './model.ts';

export type { UserDoc, UserRole, UserStatus } from './model.ts';

export interface UserFilter {
  readonly role?: UserRole;
  readonly status?: UserStatus;
}

export type UserChange = Change<
  UserDoc,
  'name' | 'nameKey' | 'role' | 'status' | 'passwordHash' | 'isOperator' | 'invitedAt'
>;

export type UserRepository = ReturnType<typeof createUserRepository>;

export function createUserRepository(connection: Connection) {
  const users = userModel(connection);
  // The filters of lists are made of operators, which the model would defuse.
  const collection = users.collection as unknown as mongo.Collection<UserDoc>;
  return {
    async insert(scope: ClientScope, user: Omit<UserDoc, 'clientId'>, session: ClientSession): Promise<void> {
      await users.create([{ ...user, ...scope }], { session });
    },

    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session: ClientSession | null = null,
    ): Promise<UserDoc | null> =>
      users
        .findOne({ _id, ...scope })
        .session(session)
        .lean<UserDoc>()
        .exec(),

    /** Across all tenants: who signs in. The address must be in the form in which it is stored. */
    findByEmailAcrossClients: (email: string): Promise<UserDoc | null> =>
      users.findOne({ email }).lean<UserDoc>().exec(),

    list: (
      scope: ClientScope,
      filter: UserFilter,
      order: ListOrder<UserDoc>,
      limit: number,
    ): Promise<UserDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        collection
          .find({ ...filter, ...(range as mongo.Filter<UserDoc>), ...scope })
          .sort({ ...order.sort })
          .limit(atMost)
          .toArray(),
      ),

    /** Changes what `current` was; null when somebody was faster. */
    update: (
      scope: ClientScope,
      current: Pick<UserDoc, '_id' | 'version'>,
      change: UserChange,
      session: ClientSession,
    ): Promise<UserDoc | null> =>
      users
        .findOneAndUpdate({ _id: current._id, version: current.version, ...scope }, versionedUpdate(change), {
          returnDocument: 'after',
          session,
        })
        .lean<UserDoc>()
        .exec(),

    /** False when the user has been disabled, or their password changed, since `current` was read. */
    async noteSignIn(scope: ClientScope, current: UserDoc, at: Date, session: ClientSession) {
      const { _id, passwordHash } = current;
      const noted = await users.updateOne(
        { _id, status: 'active', passwordHash: passwordHash ?? null, ...scope },
        { $set: { lastSignInAt: at } },
        { session },
      );
      return noted.matchedCount === 1;
    },

    /** Whether the client has an admin who can sign in, beside this user. */
    async hasOtherAdmin(scope: ClientScope, _id: Types.ObjectId, session: ClientSession): Promise<boolean> {
      const other = await users
        .exists({
          _id: mongoose.trusted({ $ne: _id }),
          role: 'admin',
          status: 'active',
          passwordHash: mongoose.trusted({ $exists: true }),
          ...scope,
        })
        .session(session);
      return other !== null;
    },
  };
}
