import type { ClientSession, Types } from 'mongoose';
import { AppError } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import { type ClientScope, isDuplicateKey } from '../platform/mongo.ts';
import type { UserDoc, UserRepository } from './repository.ts';

export type { UserDoc, UserRole, UserStatus } from './repository.ts';

export type NewUser = Pick<UserDoc, 'name' | 'email' | 'passwordHash' | 'role' | 'createdAt'>;

export type UserService = ReturnType<typeof createUserService>;

export function createUserService({ users }: { users: UserRepository }) {
  return {
    /** Makes an active user inside the caller's transaction; throws `email-taken`. */
    async create(scope: ClientScope, user: NewUser, session: ClientSession): Promise<UserDoc> {
      const created = { ...user, _id: newId(), status: 'active', isOperator: false } as const;
      try {
        await users.insert(scope, created, session);
      } catch (error) {
        // Only the address is unique among users, so a refused insert says that it is taken.
        throw isDuplicateKey(error) ? emailTaken() : error;
      }
      return { ...created, ...scope };
    },

    findById: (scope: ClientScope, id: Types.ObjectId): Promise<UserDoc | null> => users.findById(scope, id),

    /** Across all tenants: who signs in. */
    findByEmailAcrossClients: (email: string): Promise<UserDoc | null> =>
      users.findByEmailAcrossClients(email),
  };
}

export const emailTaken = (): AppError =>
  new AppError('email-taken', 'An account with this e-mail address exists already.');
