import { type ClientSession, Types } from 'mongoose';
import type { ClientDirectory } from '../../clients/directory.ts';
import type { Actor } from '../../../http/route.ts';
import type { MailOutbox } from '../../../mail/outbox.ts';
import { invalidLink, type PasswordLinkDoc, type PasswordLinks } from '../../password-links/links.ts';
import type { Clock } from '../../../platform/clock.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import type { RunInTransaction } from '../../../platform/transaction.ts';
import type { Caller, Sessions } from '../../sessions/sessions.ts';
import { type UserDoc, type UserDirectory, withConfirmedEmail } from '../../users/directory.ts';
import { withoutEmailChange } from '../../users/email-change.ts';
import type { EmailConfirmationLinks } from '../../email-confirmations/links.ts';
import type { AttemptGuard } from '../../attempts/guard.ts';
import type { CurrentPassword } from '../current-password.ts';
import { assertStrong } from '../new-passwords.ts';
import type { Passwords } from '../passwords.ts';
import type { PasswordOwner } from '../rules.ts';
import type { ChangePasswordBody, ResetPasswordBody } from '../schemas.ts';

export interface RecoveryDeps {
  readonly users: UserDirectory;
  readonly clients: ClientDirectory;
  readonly sessions: Sessions;
  readonly links: PasswordLinks;
  readonly confirmations: Pick<EmailConfirmationLinks, 'revokeAll'>;
  readonly outbox: MailOutbox;
  readonly passwords: Passwords;
  readonly currentPassword: CurrentPassword;
  readonly guard: AttemptGuard;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

export type RecoveryUseCases = ReturnType<typeof createRecoveryUseCases>;

/** Sets a new password with a link from a mail, or with the current password. */
export function createRecoveryUseCases(deps: RecoveryDeps) {
  const { users, sessions, links, outbox, passwords, guard, runInTransaction, clock } = deps;

  const setPassword = (
    user: UserDoc,
    { passwordHash, action, proves }: { passwordHash: string; action: string; proves?: string | undefined },
    session: ClientSession,
  ): Promise<UserDoc> => {
    const by = { type: 'user', userId: user._id } as const;
    return users.resource.within(session).change(scopeOf(user.clientId), by, refTo(user), {
      action,
      // Whoever knew the old password may have asked for another address.
      decide: (current) => ({
        ...withoutEmailChange(proves === current.email ? withConfirmedEmail(current, clock.now()) : current),
        passwordHash,
      }),
    });
  };

  return {
    /**
     * Queues the mail with the link. The account is looked up only when the mail is written, so that the answer and its
     * duration are the same for every address.
     */
    async forgot(email: string, { network }: Caller): Promise<void> {
      await guard.enter('forgot-password', { account: email, network });
      await outbox.add({ kind: 'password-reset', email });
    },

    /** Redeems a link; throws `invalid-link`. Does not sign the user in, because others may have read the link. */
    async reset({ token, password }: ResetPasswordBody, { network }: Caller): Promise<void> {
      const attempt = await guard.enter('reset-password', { account: token, network });
      const link = await links.require(token);
      const holder = await requireHolder(deps, link);
      // Before the link is used up, so that the same link takes a better password.
      await assertStrong(password, await ownerOf(deps, holder), 'body.password');
      const passwordHash = await passwords.hash(password, network);
      const scope = scopeOf(link.clientId);
      const email = await runInTransaction(async (session) => {
        await links.redeem(scope, link, session);
        const user = await requireHolder(deps, link, session);
        const action = user.passwordHash === undefined ? 'user.password-set' : 'user.password-reset';
        // The link came by mail, so it proves the address too.
        await setPassword(user, { passwordHash, action, proves: link.email }, session);
        await deps.confirmations.revokeAll(scope, user._id, session);
        await sessions.endWithin(scope, { userId: user._id }, 'password-reset', session);
        return user.email;
      });
      await Promise.all([attempt.succeeded(), guard.reset('login', email, network)]);
    },

    /** Ends the other sessions; throws `invalid-input` if the current password is wrong. */
    async change(
      actor: Actor,
      { currentPassword, newPassword }: ChangePasswordBody,
      { network }: Caller,
    ): Promise<void> {
      const scope = scopeOf(actor.clientId);
      const before = await deps.currentPassword.require(actor, currentPassword, network);
      await assertStrong(newPassword, await ownerOf(deps, before), 'body.newPassword');
      const passwordHash = await passwords.hash(newPassword, network);
      const except = Types.ObjectId.createFromHexString(actor.sessionId);
      await runInTransaction(async (session) => {
        const user = await deps.currentPassword.requireSame(before, session);
        await setPassword(user, { passwordHash, action: 'user.password-changed' }, session);
        await links.revokeAll(scope, user._id, session);
        await sessions.endWithin(scope, { userId: user._id, except }, 'password-changed', session);
      });
    },
  };
}

/** The user of a link; throws `invalid-link` if the user may no longer sign in. */
async function requireHolder(
  { users, clients }: Pick<RecoveryDeps, 'users' | 'clients'>,
  { clientId, userId, email }: PasswordLinkDoc,
  session?: ClientSession,
): Promise<UserDoc> {
  const scope = scopeOf(clientId);
  const [user, client] = [await users.findById(scope, userId, session), await clients.find(scope)];
  if (user?.status !== 'active' || client?.isActive !== true) throw invalidLink();
  // Whoever reads the mail of an address that was the user's before must not set the password.
  if (email !== undefined && email !== user.email) throw invalidLink();
  return user;
}

async function ownerOf({ clients }: Pick<RecoveryDeps, 'clients'>, user: UserDoc): Promise<PasswordOwner> {
  const client = await clients.find(scopeOf(user.clientId));
  return { email: user.email, names: [user.name, ...(client === null ? [] : [client.companyName])] };
}

const refTo = ({ _id: id, version }: UserDoc) => ({ id, version });
