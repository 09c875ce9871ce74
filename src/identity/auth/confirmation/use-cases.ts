import type { ClientDirectory } from '../../clients/directory.ts';
import type { Clock } from '../../../platform/clock.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import type { RunInTransaction } from '../../../platform/transaction.ts';
import type { MailOutbox } from '../../../mail/outbox.ts';
import type { AttemptGuard } from '../../attempts/guard.ts';
import { type EmailConfirmationLinks, invalidConfirmation } from '../../email-confirmations/links.ts';
import type { Caller } from '../../sessions/sessions.ts';
import { type UserDirectory, withConfirmedEmail } from '../../users/directory.ts';

export interface ConfirmationDeps {
  readonly users: UserDirectory;
  readonly clients: ClientDirectory;
  readonly confirmations: EmailConfirmationLinks;
  readonly outbox: MailOutbox;
  readonly guard: AttemptGuard;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

export type ConfirmationUseCases = ReturnType<typeof createConfirmationUseCases>;

/** Proves with a link from a mail that the address of a user is theirs. */
export function createConfirmationUseCases(deps: ConfirmationDeps) {
  const { users, clients, confirmations, outbox, guard, runInTransaction, clock } = deps;
  return {
    /**
     * Queues the mail with the link. The account is looked up only when the mail is written, so that the answer and its
     * duration are the same for every address.
     */
    async request(email: string, { network }: Caller): Promise<void> {
      await guard.enter('request-confirmation', { account: email, network });
      await outbox.add({ kind: 'email-confirmation', email });
    },

    /** Redeems a link; throws `invalid-link`. Signs nobody in, because others may have read the link. */
    async confirm(token: string, { network }: Caller): Promise<void> {
      const attempt = await guard.enter('confirm-email', { account: token, network });
      const link = await confirmations.require(token);
      const scope = scopeOf(link.clientId);
      await runInTransaction(async (session) => {
        await confirmations.redeem(scope, link, session);
        const [user, client] = [
          await users.findById(scope, link.userId, session),
          await clients.find(scope, session),
        ];
        const isHolder = user?.status === 'active' && client?.isActive === true;
        // The link proves the address that it was sent to, which may no longer be the user's.
        if (!isHolder || user.email !== link.email) throw invalidConfirmation();
        if (user.emailConfirmedAt !== undefined) return;
        await users.resource.within(session).change(
          scope,
          { type: 'user', userId: user._id },
          { id: user._id, version: user.version },
          {
            action: 'user.email-confirmed',
            decide: (current) => withConfirmedEmail(current, clock.now()),
          },
        );
      });
      await attempt.succeeded();
    },
  };
}
