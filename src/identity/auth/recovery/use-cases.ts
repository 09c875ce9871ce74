import { type ClientSession, Types } from 'mongoose';
import type { ClientDirectory } from '../../clients/directory.ts';
import type { Actor } from '../../../http/route.ts';
import { invitationLetter, resetLetter } from '../../../mail/letters.ts';
import type { MailOrder, MailOutbox, WriteLetter } from '../../../mail/outbox.ts';
import {
  invalidLink,
  type LinkPurpose,
  type PasswordLinkDoc,
  type PasswordLinks,
} from '../../password-links/links.ts';
import type { MailConfig } from '../../../mail/config.ts';
import { AppError } from '../../../platform/errors.ts';
import type { Logger } from '../../../platform/logger.ts';
import { type ClientScope, scopeOf } from '../../../platform/mongo.ts';
import type { RunInTransaction } from '../../../platform/transaction.ts';
import type { Caller, Sessions } from '../../sessions/sessions.ts';
import { userChange, type UserDoc, type UserDirectory } from '../../users/directory.ts';
import type { AttemptGuard } from '../../attempts/guard.ts';
import type { Passwords } from '../passwords.ts';
import type { ChangePasswordBody, ResetPasswordBody } from '../schemas.ts';

export interface RecoveryDeps {
  readonly users: UserDirectory;
  readonly clients: ClientDirectory;
  readonly sessions: Sessions;
  readonly links: PasswordLinks;
  readonly outbox: MailOutbox;
  readonly passwords: Passwords;
  readonly guard: AttemptGuard;
  readonly runInTransaction: RunInTransaction;
}

export type RecoveryUseCases = ReturnType<typeof createRecoveryUseCases>;

/** The ways to a new password: a link from a mail, or the current password. */
export function createRecoveryUseCases(deps: RecoveryDeps) {
  const { users, sessions, links, outbox, passwords, guard, runInTransaction } = deps;

  const setPassword = (
    user: UserDoc,
    { passwordHash, action }: { passwordHash: string; action: string },
    session: ClientSession,
  ): Promise<UserDoc> => {
    const by = { type: 'user', userId: user._id } as const;
    const change = userChange(action, { passwordHash });
    return users.resource.within(session).change(scopeOf(user.clientId), by, refTo(user), change);
  };

  return {
    /**
     * Orders the mail with the link. Whether there is such an account is found out when the mail is made, so that
     * this does the same, takes as long and answers the same for every address.
     */
    async forgot(email: string, { network }: Caller): Promise<void> {
      await guard.enter('forgot-password', { account: email, network });
      await outbox.add({ kind: 'password-reset', email });
    },

    /** Uses a link up; throws `invalid-link`. Nobody is signed in by it: the link may have been read by others. */
    async reset({ token, password }: ResetPasswordBody, { network }: Caller): Promise<void> {
      const attempt = await guard.enter('reset-password', { account: token, network });
      const link = await links.require(token);
      await requireHolder(deps, link);
      const passwordHash = await passwords.hash(password);
      const scope = scopeOf(link.clientId);
      const email = await runInTransaction(async (session) => {
        await links.redeem(scope, link, session);
        const user = await requireHolder(deps, link, session);
        const action = user.passwordHash === undefined ? 'user.password-set' : 'user.password-reset';
        await setPassword(user, { passwordHash, action }, session);
        await sessions.endWithin(scope, { userId: user._id }, 'password-reset', session);
        return user.email;
      });
      await Promise.all([attempt.succeeded(), guard.absolve('login', email, network)]);
    },

    /** Ends the other sessions; throws `invalid-input` when the current password is another. */
    async change(
      actor: Actor,
      { currentPassword, newPassword }: ChangePasswordBody,
      { network }: Caller,
    ): Promise<void> {
      const scope = scopeOf(actor.clientId);
      const account = actor.userId.toHexString();
      const attempt = await guard.enter('change-password', { account, network });
      const before = await users.findById(scope, actor.userId);
      if (!(await passwords.verify(currentPassword, before?.passwordHash))) throw wrongPassword();
      await attempt.succeeded();
      const passwordHash = await passwords.hash(newPassword);
      const except = Types.ObjectId.createFromHexString(actor.sessionId);
      await runInTransaction(async (session) => {
        const user = await users.findById(scope, actor.userId, session);
        // Somebody may have reset it meanwhile: what was verified is not the password any more.
        if (user === null || user.passwordHash !== before?.passwordHash) throw wrongPassword();
        await setPassword(user, { passwordHash, action: 'user.password-changed' }, session);
        await links.revokeAll(scope, user._id, session);
        await sessions.endWithin(scope, { userId: user._id, except }, 'password-changed', session);
      });
    },
  };
}

/** The user whose link it is, if they may still sign in; throws `invalid-link`. */
async function requireHolder(
  { users, clients }: Pick<RecoveryDeps, 'users' | 'clients'>,
  { clientId, userId }: PasswordLinkDoc,
  session?: ClientSession,
): Promise<UserDoc> {
  const scope = scopeOf(clientId);
  const [user, client] = [await users.findById(scope, userId, session), await clients.find(scope)];
  if (user?.status !== 'active' || client?.isActive !== true) throw invalidLink();
  return user;
}

const refTo = ({ _id: id, version }: UserDoc) => ({ id, version });

const wrongPassword = (): AppError =>
  new AppError('invalid-input', 'The current password is another one.', {
    errors: [{ path: 'body.currentPassword', message: 'This is not the current password.' }],
  });

interface LetterWriterDeps extends Pick<RecoveryDeps, 'users' | 'clients' | 'links'> {
  readonly config: MailConfig;
  readonly logger: Logger;
}

const pages: Readonly<Record<LinkPurpose, string>> = {
  reset: 'reset-password',
  invitation: 'accept-invitation',
};

/**
 * Makes the letter of an order with a link of its own. The token stands behind the `#`, which browsers keep to
 * themselves: it gets into no access log and no referrer.
 */
export function createLetterWriter(deps: LetterWriterDeps): WriteLetter {
  const { users, clients, links, config, logger } = deps;

  async function linkFor(scope: ClientScope, userId: UserDoc['_id'], purpose: LinkPurpose): Promise<string> {
    const token = await links.issue(scope, userId, purpose);
    const link = `${config.appUrl}/${pages[purpose]}#token=${token}`;
    if (config.logsLinks)
      logger.info({ purpose, link }, 'link to set a password (shown in development only)');
    return link;
  }

  const findUser = (order: MailOrder): Promise<UserDoc | null> =>
    order.kind === 'password-reset'
      ? users.findByEmailAcrossClients(order.email)
      : users.findById(scopeOf(order.clientId), order.userId);

  return async (order) => {
    const user = await findUser(order);
    if (user?.status !== 'active') return null;
    const scope = scopeOf(user.clientId);
    const client = await clients.find(scope);
    if (client?.isActive !== true) return null;
    const { email: to, name } = user;
    if (order.kind === 'password-reset')
      return resetLetter({ to, name, link: await linkFor(scope, user._id, 'reset') });
    if (user.passwordHash !== undefined) return null;
    const { companyName } = client;
    return invitationLetter({
      to,
      name,
      companyName,
      link: await linkFor(scope, user._id, 'invitation'),
    });
  };
}
