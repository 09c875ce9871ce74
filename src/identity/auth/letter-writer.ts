import { confirmationLetter, invitationLetter, resetLetter } from '../../mail/letters.ts';
import type { MailConfig } from '../../mail/config.ts';
import type { MailOrder, WriteLetter } from '../../mail/outbox.ts';
import type { Letter } from '../../mail/transport.ts';
import type { Logger } from '../../platform/logger.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { ClientDirectory, ClientDoc } from '../clients/directory.ts';
import type { EmailConfirmationLinks } from '../email-confirmations/links.ts';
import type { PasswordLinks } from '../password-links/links.ts';
import type { UserDirectory, UserDoc } from '../users/directory.ts';

type MailKind = MailOrder['kind'];

interface LetterWriterDeps {
  readonly users: UserDirectory;
  readonly clients: ClientDirectory;
  readonly links: PasswordLinks;
  readonly confirmations: EmailConfirmationLinks;
  readonly config: MailConfig;
  readonly logger: Logger;
}

const pages: Readonly<Record<MailKind, string>> = {
  'password-reset': 'reset-password',
  invitation: 'accept-invitation',
  'email-confirmation': 'confirm-email',
};

/**
 * Writes the letter of a mail order with a new link. Browsers do not send what follows the `#`, so the token reaches no
 * access log and no referrer.
 */
export function createLetterWriter(deps: LetterWriterDeps): WriteLetter {
  const { users, clients, links, confirmations, config, logger } = deps;

  function linkTo(kind: MailKind, token: string): string {
    const link = `${config.appUrl}/${pages[kind]}#token=${token}`;
    if (config.logsLinks) logger.info({ kind, link }, 'link issued (logged in development only)');
    return link;
  }

  const findUser = (order: MailOrder): Promise<UserDoc | null> =>
    order.kind === 'invitation'
      ? users.findById(scopeOf(order.clientId), order.userId)
      : users.findByEmailAcrossClients(order.email);

  async function write(kind: MailKind, user: UserDoc, { companyName }: ClientDoc): Promise<Letter | null> {
    const scope = scopeOf(user.clientId);
    const { email: to, name } = user;
    switch (kind) {
      case 'password-reset': {
        const greeted = user.emailConfirmedAt === undefined ? {} : { name };
        return resetLetter({ to, ...greeted, link: linkTo(kind, await links.issue(scope, user, 'reset')) });
      }
      case 'invitation': {
        if (user.passwordHash !== undefined) return null;
        const link = linkTo(kind, await links.issue(scope, user, 'invitation'));
        return invitationLetter({ to, name, companyName, link });
      }
      case 'email-confirmation': {
        // An invited user confirms the address with the invitation.
        if (user.emailConfirmedAt !== undefined || user.passwordHash === undefined) return null;
        return confirmationLetter({ to, link: linkTo(kind, await confirmations.issue(scope, user)) });
      }
    }
  }

  return async (order) => {
    const user = await findUser(order);
    if (user?.status !== 'active') return null;
    const client = await clients.find(scopeOf(user.clientId));
    return client?.isActive === true ? write(order.kind, user, client) : null;
  };
}
