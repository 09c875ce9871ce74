import type { ClientSession, Types } from 'mongoose';
import { createResource, type Resource } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import { type Recorded, writtenTo } from '../../audit/written.ts';
import type { NewEvent } from '../../events/declare.ts';
import { nameKeyOf } from '../../platform/name-key.ts';
import { AppError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { type ClientScope, isDuplicateKey } from '../../platform/mongo.ts';
import type { UserDoc, UserRepository, UserStatus } from './repository.ts';

export type { UserDoc, UserRole } from './repository.ts';

export type NewUser = Pick<UserDoc, 'name' | 'email' | 'role' | 'createdAt'> &
  Partial<Pick<UserDoc, 'passwordHash' | 'invitedAt'>>;

export type UserDirectory = ReturnType<typeof createUserDirectory>;

/** What follows a change of a user, in its transaction. */
export type OnUserChanged = (
  scope: ClientScope,
  written: { readonly before: UserDoc; readonly after: UserDoc },
  session: ClientSession,
) => Promise<void>;

export interface UserDirectoryDeps {
  readonly users: UserRepository;
  readonly audit: AuditService;
  readonly onChanged?: OnUserChanged;
}

export type UserResource = Resource<UserDoc>;

/** Users for other nouns. The actions of admins on users are in `use-cases.ts`. */
export function createUserDirectory(deps: UserDirectoryDeps) {
  const { users } = deps;
  const resource = createUserResource(deps);
  return {
    resource,

    /** Creates an active user inside the caller's transaction; throws `email-taken`. */
    async create(
      scope: ClientScope,
      { by, user }: { readonly by: AuditActor | 'themselves'; readonly user: NewUser },
      session: ClientSession,
    ): Promise<UserDoc> {
      const standing = { status: 'active', isOperator: false, version: 1 } as const;
      const created = { ...user, ...standing, _id: newId(), ...scope, nameKey: nameKeyOf(user.name) };
      const actor = by === 'themselves' ? ({ type: 'user', userId: created._id } as const) : by;
      return resource
        .within(session)
        .create(scope, actor, created)
        .catch((error: unknown) => {
          // The address is the only unique field besides the id.
          throw isDuplicateKey(error) ? emailTaken() : error;
        });
    },

    /** False if the user was disabled, or their password changed, since `current` was read. */
    noteSignIn: (scope: ClientScope, current: UserDoc, at: Date, session: ClientSession): Promise<boolean> =>
      users.noteSignIn(scope, current, at, session),

    findById: (scope: ClientScope, id: Types.ObjectId, session?: ClientSession): Promise<UserDoc | null> =>
      users.findById(scope, id, session),

    /** The names of these users, also of disabled ones, by their ids. */
    async namesOf(scope: ClientScope, ids: readonly Types.ObjectId[]): Promise<ReadonlyMap<string, string>> {
      const found = ids.length === 0 ? [] : await users.findNames(scope, ids);
      return new Map(found.map(({ _id, name }) => [_id.toHexString(), name]));
    },

    /** The statuses of those of these users that exist, by their ids. */
    async statusesOf(
      scope: ClientScope,
      ids: readonly Types.ObjectId[],
      session?: ClientSession,
    ): Promise<ReadonlyMap<string, UserStatus>> {
      const found = ids.length === 0 ? [] : await users.findStatuses(scope, ids, session);
      return new Map(found.map(({ _id, status }) => [_id.toHexString(), status]));
    },

    /** Throws `email-not-confirmed` unless the user has proved their address. Reads the database, not a cache. */
    async requireConfirmedEmail(scope: ClientScope, id: Types.ObjectId): Promise<void> {
      assertEmailConfirmed(await users.findById(scope, id));
    },

    /** Across all tenants: sign-in does not know the tenant. */
    findByEmailAcrossClients: (email: string): Promise<UserDoc | null> =>
      users.findByEmailAcrossClients(email),
  };
}

const createUserResource = ({ users, audit, onChanged }: UserDirectoryDeps): UserResource =>
  createResource<UserDoc>(audit, {
    type: 'user',
    find: users.findById,
    insert: users.insert,
    replace: users.replace,
    auditedFieldsOf,
    eventOf: userEventOf,
    ...(onChanged === undefined ? {} : { afterChange: onChanged }),
  });

/** The live event of a write. */
function userEventOf(written: Recorded<UserDoc>): NewEvent {
  const { verb, doc, version } = writtenTo(written);
  if (verb === 'deleted') throw new Error('Users are not deleted.');
  const { _id: id, role, status } = doc;
  return { type: `user.${verb}`, entity: { type: 'user', id }, version, view: { role, status } };
}

/** Includes the password hash: the audit stores the fact of its change, not its value. */
const auditedFieldsOf = (user: UserDoc) => ({
  name: user.name,
  email: user.email,
  role: user.role,
  status: user.status,
  isOperator: user.isOperator,
  passwordHash: user.passwordHash,
  invitedAt: user.invitedAt,
  emailConfirmedAt: user.emailConfirmedAt,
  emailChange: user.emailChange,
});

/** The user with a confirmed address; the first proof counts. */
export const withConfirmedEmail = (user: UserDoc, at: Date): UserDoc =>
  user.emailConfirmedAt === undefined ? { ...user, emailConfirmedAt: at } : user;

/** Throws `email-not-confirmed`; for what a stranger with a made-up address must not do. */
export function assertEmailConfirmed(user: UserDoc | null): void {
  if (user?.emailConfirmedAt !== undefined) return;
  throw new AppError(
    'email-not-confirmed',
    'Confirm your e-mail address first, with the link from the mail. POST /api/auth/request-confirmation sends a new one.',
  );
}

export const emailTaken = (): AppError =>
  new AppError('email-taken', 'An account with this e-mail address already exists.');
