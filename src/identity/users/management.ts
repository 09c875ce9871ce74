import type { ClientSession, Types } from 'mongoose';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import { nameKeyOf } from '../../platform/name-key.ts';
import type { MailOutbox } from '../../mail/outbox.ts';
import type { PasswordLinkService } from '../password-links/service.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import type { ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { type Page, toPage } from '../../platform/pagination.ts';
import { differing } from '../../platform/update.ts';
import type { UserFilter, UserRepository } from './repository.ts';
import { losesAdmin } from './rules.ts';
import type { PatchUserBody } from './schemas.ts';
import { emailTaken, lostRace, type NewUser, type UserDoc, type UserService } from './service.ts';

/** Reasons for which a change of a user ends sessions. */
type SessionEnd = 'user-disabled' | 'ended-by-admin';

/** The part of sessions that users need. */
export interface UserSessions {
  end(scope: ClientScope, by: AuditActor, filter: OfUser, reason: SessionEnd): Promise<unknown>;
  endWithin(scope: ClientScope, filter: OfUser, reason: SessionEnd, session: ClientSession): Promise<unknown>;
}

interface OfUser {
  readonly userId: Types.ObjectId;
}

export interface UserManagementDeps {
  readonly repository: UserRepository;
  readonly users: UserService;
  readonly clients: {
    /** Makes concurrent changes of the client's admins wait for each other. */
    lockAdmins(scope: ClientScope, session: ClientSession): Promise<void>;
  };
  readonly sessions: UserSessions;
  readonly links: PasswordLinkService;
  readonly outbox: MailOutbox;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export interface UserRef {
  readonly id: Types.ObjectId;
  /** The version that the change is based on; undefined takes any. */
  readonly version: number | undefined;
}

export type UserManagement = ReturnType<typeof createUserManagement>;

/** What admins do with the users of their client. */
export function createUserManagement(deps: UserManagementDeps) {
  const { repository, users, sessions, audit } = deps;

  return {
    ...createInvitations(deps),

    async list(
      scope: ClientScope,
      filter: UserFilter,
      { limit, order }: { limit: number; order: ListOrder<UserDoc> },
    ): Promise<Page<UserDoc>> {
      return toPage(await repository.list(scope, filter, order, limit + 1), limit, order.cursorOf);
    },

    async get(scope: ClientScope, id: Types.ObjectId): Promise<UserDoc> {
      const user = await users.findById(scope, id);
      if (user === null) throw notFound('user');
      return user;
    },

    /** Changes what is given; throws `last-admin`, and `precondition-failed` on a lost race. */
    async update(scope: ClientScope, by: AuditActor, ref: UserRef, body: PatchUserBody): Promise<UserDoc> {
      return audit.audited(scope, by, async (session) => {
        const current = await requireUser(deps, scope, ref, session);
        const change = differing(current, { ...body, ...keyOf(body) });
        if (Object.keys(change).length === 0) return { result: current, write: null };
        const write = { by, action: 'user.updated', current, change };
        const result = await users.changeWithin(scope, write, session);
        if (losesAdmin(current, result)) await requireOtherAdmin(deps, scope, current, session);
        if (current.status === 'active' && result.status === 'disabled') {
          await sessions.endWithin(scope, { userId: ref.id }, 'user-disabled', session);
          await deps.links.revokeAll(scope, ref.id, session);
        }
        return { result, write: null };
      });
    },

    /** Ends every session of the user; throws `not-found` when there is no such user. */
    async endSessions(scope: ClientScope, by: AuditActor, id: Types.ObjectId): Promise<void> {
      if ((await users.findById(scope, id)) === null) throw notFound('user');
      await sessions.end(scope, by, { userId: id }, 'ended-by-admin');
    },
  };
}

function createInvitations(deps: UserManagementDeps) {
  const { users, audit, outbox, clock } = deps;

  /** Makes a user without a password and asks for the mail with the link that sets one; throws `email-taken`. */
  async function inviteWithin(
    scope: ClientScope,
    by: AuditActor,
    invited: Pick<NewUser, 'name' | 'email' | 'role'>,
    session: ClientSession,
  ): Promise<UserDoc> {
    const now = clock.now();
    const user = { ...invited, createdAt: now, invitedAt: now };
    const created = await users.create(scope, { by, user }, session);
    await outbox.add({ kind: 'invitation', ...scope, userId: created._id }, session);
    return created;
  }

  return {
    inviteWithin,

    async invite(
      scope: ClientScope,
      by: AuditActor,
      invited: Pick<NewUser, 'name' | 'email' | 'role'>,
    ): Promise<UserDoc> {
      // A refused insert would end the transaction; the unique index still decides when two come at once.
      if ((await users.findByEmailAcrossClients(invited.email)) !== null) throw emailTaken();
      return audit.audited(scope, by, async (session) => ({
        result: await inviteWithin(scope, by, invited, session),
        write: null,
      }));
    },

    /** Sends the invitation again; throws `wrong-state` when the user is disabled or has set a password. */
    async inviteAgain(scope: ClientScope, by: AuditActor, id: Types.ObjectId): Promise<UserDoc> {
      return audit.audited(scope, by, async (session) => {
        const current = await requireUser(deps, scope, { id, version: undefined }, session);
        if (current.passwordHash !== undefined)
          throw new AppError(
            'wrong-state',
            'The user has set a password; a forgotten one is reset at sign-in.',
          );
        if (current.status !== 'active') throw new AppError('wrong-state', 'The user is disabled.');
        const change = { invitedAt: clock.now() };
        const write = { by, action: 'user.invited-again', current, change };
        const result = await users.changeWithin(scope, write, session);
        await outbox.add({ kind: 'invitation', ...scope, userId: id }, session);
        return { result, write: null };
      });
    },
  };
}

const keyOf = ({ name }: PatchUserBody) => (name === undefined ? {} : { nameKey: nameKeyOf(name) });

async function requireUser(
  { users }: UserManagementDeps,
  scope: ClientScope,
  { id, version }: UserRef,
  session: ClientSession,
): Promise<UserDoc> {
  const user = await users.findById(scope, id, session);
  if (user === null) throw notFound('user');
  if (version !== undefined && version !== user.version) throw lostRace();
  return user;
}

/**
 * Two admins who demote each other at once write to different users and would both still see the other. So each
 * writes to the client too, and the one who comes second starts again and finds the first one's change.
 */
async function requireOtherAdmin(
  { clients, repository }: UserManagementDeps,
  scope: ClientScope,
  { _id }: UserDoc,
  session: ClientSession,
): Promise<void> {
  await clients.lockAdmins(scope, session);
  if (await repository.hasOtherAdmin(scope, _id, session)) return;
  throw new AppError('last-admin', 'This is the only active admin with a password.');
}
