import {
  addressInUseLetter,
  confirmationLetter,
  emailChangeLetter,
  invitationLetter,
  newEmailLetter,
  resetLetter,
} from '../../mail/letters.ts';
import type { MailConfig } from '../../mail/config.ts';
import type { MailOrder, WriteLetter } from '../../mail/outbox.ts';
import type { Letter } from '../../mail/transport.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { ClientDirectory, ClientDoc } from '../clients/directory.ts';
import type { EmailChangeLinks } from '../email-changes/links.ts';
import type { EmailConfirmationLinks } from '../email-confirmations/links.ts';
import type { PasswordLinks } from '../password-links/links.ts';
import type { UserDirectory, UserDoc } from '../users/directory.ts';
import { emailChangeOf, isStartedByAdmin } from '../users/email-change.ts';

type PlainKind = Exclude<MailOrder, ChangeOrder>['kind'];

interface LetterWriterDeps {
  readonly users: UserDirectory;
  readonly clients: ClientDirectory;
  readonly links: PasswordLinks;
  readonly confirmations: EmailConfirmationLinks;
  readonly changeLinks: EmailChangeLinks;
  readonly clock: Clock;
  readonly config: MailConfig;
  readonly logger: Logger;
}

type ChangeOrder = Extract<MailOrder, { readonly changeId: unknown }>;

const pages = {
  'password-reset': 'reset-password',
  invitation: 'accept-invitation',
  'email-confirmation': 'confirm-email',
  'email-change': 'confirm-email-change',
  'email-change-rejection': 'reject-email-change',
} as const;

type MakeLink = (kind: keyof typeof pages, token: string) => string;

const isChangeOrder = (order: MailOrder): order is ChangeOrder => 'changeId' in order;

/**
 * Writes the letter of a mail order with a new link. Browsers do not send what follows the `#`, so the token reaches no
 * access log and no referrer.
 */
export function createLetterWriter(deps: LetterWriterDeps): WriteLetter {
  const { users, clients, links, confirmations, config, logger } = deps;

  function linkTo(kind: keyof typeof pages, token: string): string {
    const link = `${config.appUrl}/${pages[kind]}#token=${token}`;
    if (config.logsLinks) logger.info({ kind, link }, 'link issued (logged in development only)');
    return link;
  }

  const findUser = (order: MailOrder): Promise<UserDoc | null> =>
    'userId' in order
      ? users.findById(scopeOf(order.clientId), order.userId)
      : users.findByEmailAcrossClients(order.email);

  async function write(kind: PlainKind, user: UserDoc, { companyName }: ClientDoc): Promise<Letter | null> {
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
    if (client?.isActive !== true) return null;
    return isChangeOrder(order) ? writeOfChange(deps, order, user, linkTo) : write(order.kind, user, client);
  };
}

/** The letters of a change of address; null if the change is over. */
async function writeOfChange(
  { users, changeLinks, clock }: LetterWriterDeps,
  { kind, changeId }: ChangeOrder,
  user: UserDoc,
  linkTo: MakeLink,
): Promise<Letter | null> {
  const side = kind === 'email-change-old' ? 'old' : 'new';
  const change = emailChangeOf(user, { changeId, side }, clock.now());
  if (change === undefined) return null;
  const { email: newEmail, expiresAt } = change;
  const issue = () =>
    changeLinks.issue(scopeOf(user.clientId), { userId: user._id, changeId, side, expiresAt });
  if (side === 'old') {
    const token = await issue();
    return emailChangeLetter({
      to: user.email,
      ...(user.emailConfirmedAt === undefined ? {} : { name: user.name, newEmail }),
      ...(isStartedByAdmin(user, change) ? {} : { confirmLink: linkTo('email-change', token) }),
      rejectLink: linkTo('email-change-rejection', token),
    });
  }
  if ((await users.findByEmailAcrossClients(newEmail)) !== null) return addressInUseLetter({ to: newEmail });
  return newEmailLetter({ to: newEmail, link: linkTo('email-change', await issue()) });
}
