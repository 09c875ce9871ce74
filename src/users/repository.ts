import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../platform/mongo.ts';
import { type UserDoc, userModel } from './model.ts';

export type { UserDoc, UserRole, UserStatus } from './model.ts';

export type UserRepository = ReturnType<typeof createUserRepository>;

export function createUserRepository(connection: Connection) {
  const users = userModel(connection);
  return {
    async insert(scope: ClientScope, user: Omit<UserDoc, 'clientId'>, session: ClientSession): Promise<void> {
      await users.create([{ ...user, ...scope }], { session });
    },

    findById: (scope: ClientScope, _id: Types.ObjectId): Promise<UserDoc | null> =>
      users
        .findOne({ _id, ...scope })
        .lean<UserDoc>()
        .exec(),

    /** Across all tenants: who signs in. The address must be in the form in which it is stored. */
    findByEmailAcrossClients: (email: string): Promise<UserDoc | null> =>
      users.findOne({ email }).lean<UserDoc>().exec(),
  };
}
