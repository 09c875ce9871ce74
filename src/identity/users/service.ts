import type { ClientSession, Types } from 'mongoose';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import { nameKeyOf } from '../../platform/name-key.ts';
import { AppError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { type ClientScope, isDuplicateKey } from '../../platform/mongo.ts';
import type { UserChange, UserDoc, UserRepository } from './repository.ts';

export type { UserDoc } from './repository.ts';

export type NewUser = Pick<UserDoc, 'name' | 'email' | 'role' | 'createdAt'> &
  Partial<Pick<UserDoc, 'passwordHash' | 'invitedAt'>>;

export type UserService = ReturnType<typeof createUserService>;

export interface UserServiceDeps {
  readonly users: UserRepository;
  readonly audit: AuditService;
}

/** What a write is about: whose name it is done in, and what the audit event calls it. */
export interface UserWrite {
  readonly by: AuditActor;
  readonly action: string;
}

/** Users as the other features need them; what admins do with them is in `management.ts`. */
export function createUserService({ users, audit }: UserServiceDeps) {
  return {
    /** Makes an active user inside the caller's transaction; throws `email-taken`. */
    async create(
      scope: ClientScope,
      { by, user }: { readonly by: AuditActor | 'themselves'; readonly user: NewUser },
      session: ClientSession,
    ): Promise<UserDoc> {
      const standing = { status: 'active', isOperator: false, version: 1 } as const;
      const created = { ...user, ...standing, _id: newId(), nameKey: nameKeyOf(user.name) };
      try {
        await users.insert(scope, created, session);
      } catch (error) {
        // Only the address is unique among users, so a refused insert says that it is taken.
        throw isDuplicateKey(error) ? emailTaken() : error;
      }
      const actor = by === 'themselves' ? ({ type: 'user', userId: created._id } as const) : by;
      const result = { ...created, ...scope };
      await audit.record(scope, actor, userWrite('user.created', null, result), session);
      return result;
    },

    /** Changes a user inside the caller's transaction; throws `precondition-failed` on a lost race. */
    async changeWithin(
      scope: ClientScope,
      { by, action, current, change }: UserWrite & { readonly current: UserDoc; readonly change: UserChange },
      session: ClientSession,
    ): Promise<UserDoc> {
      const changed = await users.update(scope, current, change, session);
      if (changed === null) throw lostRace();
      await audit.record(scope, by, userWrite(action, current, changed), session);
      return changed;
    },

    /** False when the user has been disabled, or their password changed, since `current` was read. */
    noteSignIn: (scope: ClientScope, current: UserDoc, at: Date, session: ClientSession): Promise<boolean> =>
      users.noteSignIn(scope, current, at, session),

    findById: (scope: ClientScope, id: Types.ObjectId, session?: ClientSession): Promise<UserDoc | null> =>
      users.findById(scope, id, session),

    /** Across all tenants: who signs in. */
    findByEmailAcrossClients: (email: string): Promise<UserDoc | null> =>
      users.findByEmailAcrossClients(email),
  };
}

function userWrite(action: string, before: UserDoc | null, after: UserDoc) {
  return {
    action,
    target: { type: 'user', id: after._id },
    before: before === null ? null : auditedFieldsOf(before),
    after: auditedFieldsOf(after),
  };
}

/** The password's hash is among them so that its change is noted; the audit never writes its value down. */
const auditedFieldsOf = (user: UserDoc) => ({
  name: user.name,
  email: user.email,
  role: user.role,
  status: user.status,
  isOperator: user.isOperator,
  passwordHash: user.passwordHash,
  invitedAt: user.invitedAt,
});

export const emailTaken = (): AppError =>
  new AppError('email-taken', 'An account with this e-mail address exists already.');

export const lostRace = (): AppError =>
  new AppError('precondition-failed', 'Somebody else has changed the user since you read it.');
