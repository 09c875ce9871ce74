import type { ClientSession, Types } from 'mongoose';
import type { Actor } from '../../../http/route.ts';
import type { MailOutbox } from '../../../mail/outbox.ts';
import type { Clock } from '../../../platform/clock.ts';
import { AppError, wrongState } from '../../../platform/errors.ts';
import { newId } from '../../../platform/ids.ts';
import { isDuplicateKey, scopeOf } from '../../../platform/mongo.ts';
import type { RunInTransaction } from '../../../platform/transaction.ts';
import type { AttemptGuard } from '../../attempts/guard.ts';
import type { ClientDirectory } from '../../clients/directory.ts';
import {
  type EmailChangeLinkDoc,
  type EmailChangeLinks,
  invalidEmailChange,
} from '../../email-changes/links.ts';
import type { EmailConfirmationLinks } from '../../email-confirmations/links.ts';
import type { PasswordLinks } from '../../password-links/links.ts';
import type { Caller, Sessions } from '../../sessions/sessions.ts';
import { assertEmailConfirmed, emailTaken, type UserDirectory, type UserDoc } from '../../users/directory.ts';
import {
  confirmEmailChange,
  emailChangeOf,
  isStartedByAdmin,
  withEmailChange,
  withoutEmailChange,
} from '../../users/email-change.ts';
import type { CurrentPassword } from '../current-password.ts';
import type { RequestEmailChangeBody } from '../schemas.ts';

export interface EmailChangeDeps {
  readonly users: UserDirectory;
  readonly clients: ClientDirectory;
  readonly sessions: Sessions;
  readonly changeLinks: EmailChangeLinks;
  readonly links: Pick<PasswordLinks, 'revokeAll'>;
  readonly confirmations: Pick<EmailConfirmationLinks, 'revokeAll'>;
  readonly outbox: MailOutbox;
  readonly currentPassword: CurrentPassword;
  readonly guard: AttemptGuard;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

export type EmailChangeUseCases = ReturnType<typeof createEmailChangeUseCases>;

/** Changes the address of a user, proved by links from mails. */
export function createEmailChangeUseCases(deps: EmailChangeDeps) {
  const { users, changeLinks } = deps;
  const request = createRequest(deps);

  return {
    /** Starts a change of the caller's address; throws `invalid-input` if the password is wrong, `email-not-confirmed`. */
    request,

    /** The same for another user of the client; throws `not-found` and `wrong-state`. */
    async requestForOther(
      actor: Actor,
      id: Types.ObjectId,
      body: RequestEmailChangeBody,
      caller: Caller,
    ): Promise<void> {
      const user = await users.resource.require(scopeOf(actor.clientId), { id, version: undefined });
      if (user._id.equals(actor.userId))
        throw new AppError('wrong-state', 'Change your own address with POST /api/auth/email-change.');
      await request(actor, id, body, caller);
    },

    /** Cancels the change of the caller's address, if there is one. */
    async cancel({ clientId, userId }: Actor): Promise<void> {
      const scope = scopeOf(clientId);
      await users.resource.change(
        scope,
        { type: 'user', userId },
        { id: userId, version: undefined },
        {
          action: 'user.email-change-canceled',
          async decide(current, session) {
            await changeLinks.revokeAll(scope, userId, session);
            return withoutEmailChange(current);
          },
        },
      );
    },

    ...createLinkUse(deps),
  };
}

/** What the links in the mails do. */
function createLinkUse(deps: EmailChangeDeps) {
  const { changeLinks, guard, runInTransaction, clock } = deps;
  return {
    /** Uses a link; `changed` if no other one is missing. Throws `invalid-link`, `email-taken`. Signs nobody in. */
    async confirm(token: string, { network }: Caller): Promise<'waiting' | 'changed'> {
      const attempt = await guard.enter('confirm-email-change', { account: token, network });
      const link = await changeLinks.require(token);
      const state = await runInTransaction(async (session) => {
        const user = await requireHolder(deps, link, session);
        const next = confirmEmailChange(user, link, clock.now());
        if (next === undefined) throw invalidEmailChange();
        const isChanged = next.emailChange === undefined;
        await replace(
          deps,
          user,
          { next, action: isChanged ? 'user.email-changed' : 'user.email-change-confirmed' },
          session,
        );
        if (isChanged) await endAccessOfOldAddress(deps, user, session);
        return isChanged ? ('changed' as const) : ('waiting' as const);
      }).catch((error: unknown) => {
        // The address is the only unique field that this changes.
        throw isDuplicateKey(error) ? emailTaken() : error;
      });
      await attempt.succeeded();
      return state;
    },

    /** Ends a change with the link in the mail to the old address; throws `invalid-link`. */
    async reject(token: string, { network }: Caller): Promise<void> {
      const attempt = await guard.enter('confirm-email-change', { account: token, network });
      const link = await changeLinks.require(token);
      if (link.side !== 'old') throw invalidEmailChange();
      await runInTransaction(async (session) => {
        const user = await requireHolder(deps, link, session);
        await replace(
          deps,
          user,
          { next: withoutEmailChange(user), action: 'user.email-change-rejected' },
          session,
        );
        await changeLinks.revokeAll(scopeOf(user.clientId), user._id, session);
      });
      await attempt.succeeded();
    },
  };
}

function createRequest({ users, changeLinks, outbox, currentPassword, guard, clock }: EmailChangeDeps) {
  return async (
    actor: Actor,
    id: Types.ObjectId,
    { newEmail, currentPassword: password }: RequestEmailChangeBody,
    { network }: Caller,
  ): Promise<void> => {
    const scope = scopeOf(actor.clientId);
    const author = await currentPassword.require(actor, password, network);
    assertEmailConfirmed(author);
    await guard.enter('request-email-change', { account: id.toHexString(), network });
    await guard.enter('request-email-change', { account: newEmail, network });
    const by = { type: 'user', userId: author._id } as const;
    await users.resource.change(
      scope,
      by,
      { id, version: undefined },
      {
        action: 'user.email-change-requested',
        async decide(current, session) {
          await currentPassword.requireSame(author, session);
          assertMayStart(author, current, newEmail);
          await changeLinks.revokeAll(scope, id, session);
          const changeId = newId();
          const order = { ...scope, userId: id, changeId };
          await outbox.add({ kind: 'email-change-old', ...order }, session);
          await outbox.add({ kind: 'email-change-new', ...order }, session);
          return withEmailChange(
            current,
            { id: changeId, email: newEmail, startedBy: author._id },
            clock.now(),
          );
        },
      },
    );
  };
}

/** Says nothing about the new address but that it is the user's already, which the caller can see anyway. */
function assertMayStart(author: UserDoc, user: UserDoc, newEmail: string): void {
  if (user.status !== 'active') throw wrongState('The user is disabled.', user.status);
  // An admin of one business must not get the rights over all.
  if (user.isOperator && !user._id.equals(author._id))
    throw new AppError('wrong-state', 'The user is platform staff, who change their address themselves.');
  if (user.email !== newEmail) return;
  throw new AppError('invalid-input', 'The user already has this address.', {
    errors: [{ path: 'body.newEmail', message: 'Already the address of the user.' }],
  });
}

/** The user of a link whose change is open; throws `invalid-link` if it is over, or the user may no longer sign in. */
async function requireHolder(
  { users, clients, clock }: EmailChangeDeps,
  link: EmailChangeLinkDoc,
  session: ClientSession,
): Promise<UserDoc> {
  const scope = scopeOf(link.clientId);
  const [user, client] = [
    await users.findById(scope, link.userId, session),
    await clients.find(scope, session),
  ];
  if (user?.status !== 'active' || client?.isActive !== true) throw invalidEmailChange();
  const change = emailChangeOf(user, link, clock.now());
  if (change === undefined) throw invalidEmailChange();
  if (!isStartedByAdmin(user, change)) return user;
  const author = await users.findById(scope, change.startedBy, session);
  const isStillAllowed = author?.status === 'active' && author.role === 'admin' && !user.isOperator;
  if (!isStillAllowed) throw invalidEmailChange();
  return user;
}

const replace = async (
  { users }: EmailChangeDeps,
  { _id: userId, version, clientId }: UserDoc,
  { next, action }: { readonly next: UserDoc; readonly action: string },
  session: ClientSession,
): Promise<void> => {
  const by = { type: 'user', userId } as const;
  const ref = { id: userId, version };
  await users.resource.within(session).change(scopeOf(clientId), by, ref, { action, decide: () => next });
};

/** Whoever reads the old mailbox, or is signed in with the old address, signs in again. */
async function endAccessOfOldAddress(
  { sessions, links, confirmations, changeLinks }: EmailChangeDeps,
  { clientId, _id: userId }: UserDoc,
  session: ClientSession,
): Promise<void> {
  const scope = scopeOf(clientId);
  await links.revokeAll(scope, userId, session);
  await confirmations.revokeAll(scope, userId, session);
  await changeLinks.revokeAll(scope, userId, session);
  await sessions.endWithin(scope, { userId }, 'email-changed', session);
}
