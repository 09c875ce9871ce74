import type { ClientSession, Types } from 'mongoose';
import type { ResourceRef } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import { nameKeyOf } from '../../platform/name-key.ts';
import type { MailOutbox } from '../../mail/outbox.ts';
import type { EmailConfirmationLinks } from '../email-confirmations/links.ts';
import type { PasswordLinks } from '../password-links/links.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, wrongState } from '../../platform/errors.ts';
import type { ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { type Page, toPage } from '../../platform/pagination.ts';
import { applyChange } from '../../platform/update.ts';
import type { UserFilter, UserRepository } from './repository.ts';
import { losesAdmin } from './rules.ts';
import type { PatchUserBody } from './schemas.ts';
import { withoutEmailChange } from './email-change.ts';
import { emailTaken, type NewUser, type UserDoc, type UserDirectory } from './directory.ts';

type SessionEnd = 'user-disabled' | 'ended-by-admin';

/** The part of sessions that users need. */
export interface UserSessions {
  end(scope: ClientScope, by: AuditActor, filter: OfUser, reason: SessionEnd): Promise<unknown>;
  endWithin(scope: ClientScope, filter: OfUser, reason: SessionEnd, session: ClientSession): Promise<unknown>;
}

interface OfUser {
  readonly userId: Types.ObjectId;
}

export interface UserUseCaseDeps {
  readonly repository: UserRepository;
  readonly users: UserDirectory;
  readonly clients: {
    /** Serialises concurrent changes of the client's admins. */
    lockAdmins(scope: ClientScope, session: ClientSession): Promise<void>;
  };
  readonly sessions: UserSessions;
  readonly links: PasswordLinks;
  readonly confirmations: Pick<EmailConfirmationLinks, 'revokeAll'>;
  readonly outbox: MailOutbox;
  readonly membersOfTeam: FindTeamMembers;
  readonly audit: AuditService;
  readonly clock: Clock;
}

/** The users of a team; null if there is no such team. Teams belong to the inbox. */
export type FindTeamMembers = (
  scope: ClientScope,
  teamId: Types.ObjectId,
) => Promise<readonly Types.ObjectId[] | null>;

export interface UserSearch extends Omit<UserFilter, 'ids'> {
  readonly teamId?: Types.ObjectId;
}

export type UserUseCases = ReturnType<typeof createUserUseCases>;

/** The actions of admins on the users of their client. */
export function createUserUseCases(deps: UserUseCaseDeps) {
  const { repository, users, sessions, membersOfTeam } = deps;

  return {
    ...createInvitations(deps),

    async list(
      scope: ClientScope,
      { teamId, ...search }: UserSearch,
      { limit, order }: { limit: number; order: ListOrder<UserDoc> },
    ): Promise<Page<UserDoc>> {
      const ids = teamId === undefined ? {} : { ids: (await membersOfTeam(scope, teamId)) ?? [] };
      const filter = { ...search, ...ids };
      return toPage(await repository.list(scope, filter, order, limit + 1), limit, order.cursorOf);
    },

    get: (scope: ClientScope, id: Types.ObjectId): Promise<UserDoc> =>
      users.resource.require(scope, { id, version: undefined }),

    /** Changes the given fields; throws `last-admin`. */
    update: (scope: ClientScope, by: AuditActor, ref: ResourceRef, body: PatchUserBody): Promise<UserDoc> =>
      users.resource.change(scope, by, ref, {
        action: 'user.updated',
        async decide(current, session) {
          const next = applyChange(current, { ...body, ...keyOf(body) });
          if (losesAdmin(current, next)) await requireOtherAdmin(deps, scope, current, session);
          if (current.status === 'active' && next.status === 'disabled') {
            await sessions.endWithin(scope, { userId: ref.id }, 'user-disabled', session);
            await deps.links.revokeAll(scope, ref.id, session);
            await deps.confirmations.revokeAll(scope, ref.id, session);
            return withoutEmailChange(next);
          }
          return next;
        },
      }),

    /** Ends every session of the user; throws `not-found`. */
    async endSessions(scope: ClientScope, by: AuditActor, id: Types.ObjectId): Promise<void> {
      await users.resource.require(scope, { id, version: undefined });
      await sessions.end(scope, by, { userId: id }, 'ended-by-admin');
    },
  };
}

function createInvitations(deps: UserUseCaseDeps) {
  const { users, audit, outbox, clock } = deps;

  /** Creates a user without a password and queues the invitation mail; throws `email-taken`. */
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

    /** Throws `email-not-confirmed` and `email-taken`. */
    async invite(
      scope: ClientScope,
      by: AuditActor,
      invited: Pick<NewUser, 'name' | 'email' | 'role'>,
    ): Promise<UserDoc> {
      await requireConfirmedAuthor(deps, scope, by);
      // Checked first, because a refused insert would abort the transaction. The unique index decides races.
      if ((await users.findByEmailAcrossClients(invited.email)) !== null) throw emailTaken();
      return audit.runInTransaction((session) => inviteWithin(scope, by, invited, session));
    },

    /** Sends the invitation again; throws `wrong-state` if the user is disabled or has set a password. */
    async inviteAgain(scope: ClientScope, by: AuditActor, id: Types.ObjectId): Promise<UserDoc> {
      await requireConfirmedAuthor(deps, scope, by);
      const ref = { id, version: undefined };
      return users.resource.change(scope, by, ref, {
        action: 'user.invited-again',
        async decide(current, session) {
          assertWaitsForPassword(current);
          await outbox.add({ kind: 'invitation', ...scope, userId: id }, session);
          return { ...current, invitedAt: clock.now() };
        },
      });
    },
  };
}

/** Throws `email-not-confirmed`: a stranger must not send mails to others in the name of a made-up company. */
async function requireConfirmedAuthor(
  { users }: Pick<UserUseCaseDeps, 'users'>,
  scope: ClientScope,
  by: AuditActor,
): Promise<void> {
  if ('userId' in by) await users.requireConfirmedEmail(scope, by.userId);
}

const keyOf = ({ name }: PatchUserBody) => (name === undefined ? {} : { nameKey: nameKeyOf(name) });

function assertWaitsForPassword({ passwordHash, status }: UserDoc): void {
  if (passwordHash !== undefined)
    throw new AppError('wrong-state', 'The user already has a password. Use the password reset instead.');
  if (status !== 'active') throw wrongState('The user is disabled.', status);
}

/**
 * Two admins who demote each other concurrently write to different users, and each would still see the other as an
 * admin. So each transaction also writes to the client: the second one conflicts, restarts and sees the first change.
 */
async function requireOtherAdmin(
  { clients, repository }: UserUseCaseDeps,
  scope: ClientScope,
  { _id }: UserDoc,
  session: ClientSession,
): Promise<void> {
  await clients.lockAdmins(scope, session);
  if (await repository.hasOtherAdmin(scope, _id, session)) return;
  throw new AppError('last-admin', 'The user is the only active admin with a password.');
}
