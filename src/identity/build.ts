import type { AuditService } from '../audit/service.ts';
import { createAuthenticate } from '../http/authenticate.ts';
import type { MailConfig } from '../mail/config.ts';
import type { MailOutbox } from '../mail/outbox.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createTransactions, type RunInTransaction } from '../platform/transaction.ts';
import { type AttemptGuard, createAttemptGuard } from './attempts/guard.ts';
import type { Passwords } from './auth/passwords.ts';
import { recoveryRoutes } from './auth/recovery/routes.ts';
import { confirmationRoutes } from './auth/confirmation/routes.ts';
import { createConfirmationUseCases } from './auth/confirmation/use-cases.ts';
import { createCurrentPassword } from './auth/current-password.ts';
import { emailChangeRoutes } from './auth/email-change/routes.ts';
import { createEmailChangeUseCases } from './auth/email-change/use-cases.ts';
import { createLetterWriter } from './auth/letter-writer.ts';
import { linkPages } from './auth/link-pages.ts';
import { createRecoveryUseCases } from './auth/recovery/use-cases.ts';
import { authRoutes } from './auth/routes.ts';
import { createAuthUseCases } from './auth/use-cases.ts';
import { createClientUseCases } from './clients/use-cases.ts';
import { createClientRepository } from './clients/repository.ts';
import { clientRoutes } from './clients/routes.ts';
import { createClientDirectory, type OnClientCreated } from './clients/directory.ts';
import type { AuthConfig } from './config.ts';
import { createEmailChangeLinks } from './email-changes/links.ts';
import { createEmailChangeLinkRepository } from './email-changes/repository.ts';
import { createEmailConfirmationLinks } from './email-confirmations/links.ts';
import { createEmailConfirmationRepository } from './email-confirmations/repository.ts';
import { createOperatorAccesses } from './operator-accesses/accesses.ts';
import { createOperatorAccessRepository } from './operator-accesses/repository.ts';
import { operatorAccessRoutes } from './operator-accesses/routes.ts';
import { createPasswordLinkRepository } from './password-links/repository.ts';
import { createPasswordLinks } from './password-links/links.ts';
import { createSessionRepository } from './sessions/repository.ts';
import { sessionRoutes } from './sessions/routes.ts';
import { createLiveActors } from './sessions/live-actors.ts';
import { createSessions } from './sessions/sessions.ts';
import { createTokens } from './sessions/tokens.ts';
import { createUserUseCases, type FindTeamMembers } from './users/use-cases.ts';
import { createUserRepository } from './users/repository.ts';
import { userRoutes } from './users/routes.ts';
import { createUserDirectory, type OnUserChanged } from './users/directory.ts';

/** Used by the API and the worker. */
export function buildClients({ mongo, audit }: Pick<IdentityDeps, 'mongo' | 'audit'>) {
  const repository = createClientRepository(mongo);
  return { repository, directory: createClientDirectory({ clients: repository, audit }) };
}

export function buildUsers({
  mongo,
  audit,
  onUserChanged: onChanged,
}: Pick<IdentityDeps, 'mongo' | 'audit' | 'onUserChanged'>) {
  const repository = createUserRepository(mongo);
  return {
    repository,
    directory: createUserDirectory({
      users: repository,
      audit,
      ...(onChanged === undefined ? {} : { onChanged }),
    }),
  };
}

interface OperatorAccessDeps extends Pick<IdentityDeps, 'mongo' | 'audit' | 'clock'> {
  readonly users: ReturnType<typeof buildUsers>['directory'];
  readonly clients: ReturnType<typeof buildClients>['directory'];
}

/** Used by the API and the command of operators. */
export const buildOperatorAccesses = ({ mongo, users, clients, audit, clock }: OperatorAccessDeps) =>
  createOperatorAccesses({ repository: createOperatorAccessRepository(mongo), users, clients, audit, clock });

interface SessionDeps extends Pick<IdentityDeps, 'mongo' | 'audit' | 'config' | 'clock' | 'logger'> {
  readonly users: ReturnType<typeof buildUsers>['directory'];
  readonly clients: ReturnType<typeof buildClients>['directory'];
}

const buildSessions = ({ mongo, audit, users, clients, config, clock, logger }: SessionDeps) => {
  const repository = createSessionRepository(mongo);
  const sessions = createSessions({
    repository,
    tokens: createTokens({ config, clock }),
    users,
    clients,
    audit,
    config,
    clock,
    logger,
  });
  return { repository, sessions };
};

export interface IdentityDeps {
  readonly config: AuthConfig;
  readonly mail: MailConfig;
  readonly outbox: MailOutbox;
  readonly mongo: MongoConnection;
  readonly clients: ReturnType<typeof buildClients>;
  readonly audit: AuditService;
  readonly passwords: Passwords;
  readonly onClientCreated: OnClientCreated;
  /** Commands of operators change no user that others follow. */
  readonly onUserChanged?: OnUserChanged;
  readonly membersOfTeam: FindTeamMembers;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The links of mails: those that set a password, that confirm an address, and that change it. */
const buildLinks = ({ mongo, audit, clock }: Pick<IdentityDeps, 'mongo' | 'audit' | 'clock'>) => ({
  links: createPasswordLinks({ links: createPasswordLinkRepository(mongo), audit, clock }),
  confirmations: createEmailConfirmationLinks({
    confirmations: createEmailConfirmationRepository(mongo),
    audit,
    clock,
  }),
  changeLinks: createEmailChangeLinks({ links: createEmailChangeLinkRepository(mongo), audit, clock }),
});

interface MailedLinkParts {
  readonly mailed: ReturnType<typeof buildLinks>;
  readonly users: ReturnType<typeof buildUsers>['directory'];
  readonly sessions: ReturnType<typeof buildSessions>['sessions'];
  readonly guard: AttemptGuard;
  readonly runInTransaction: RunInTransaction;
}

const buildLetterWriter = (
  { clients: { directory: clients }, mail: config, clock, logger }: IdentityDeps,
  { mailed: { links, confirmations, changeLinks }, users }: Pick<MailedLinkParts, 'mailed' | 'users'>,
) => createLetterWriter({ users, clients, links, confirmations, changeLinks, config, clock, logger });

/** The routes that request and redeem links from mails. */
function mailedLinkRoutes(
  { outbox, passwords, clock, clients: { directory: clients } }: IdentityDeps,
  { mailed, users, sessions, guard, runInTransaction }: MailedLinkParts,
) {
  const { links, confirmations, changeLinks } = mailed;
  const currentPassword = createCurrentPassword({ users, passwords, guard });
  const recovery = createRecoveryUseCases({
    users,
    clients,
    sessions,
    links,
    confirmations,
    outbox,
    passwords,
    currentPassword,
    guard,
    runInTransaction,
    clock,
  });
  const confirmation = createConfirmationUseCases({
    users,
    clients,
    confirmations,
    outbox,
    guard,
    runInTransaction,
    clock,
  });
  const emailChanges = createEmailChangeUseCases({
    users,
    clients,
    sessions,
    changeLinks,
    links,
    confirmations,
    outbox,
    currentPassword,
    guard,
    runInTransaction,
    clock,
  });
  return [
    ...recoveryRoutes({ recovery }),
    ...confirmationRoutes({ confirmation }),
    ...emailChangeRoutes({ emailChanges }),
  ];
}

/** Who may still act, for the streams of live events and their tickets. */
const buildLiveActors = ({ clients, clock }: IdentityDeps, { sessions, users, accesses }: LiveActorParts) =>
  createLiveActors({
    ...{ sessions, users, clock },
    clients: clients.repository,
    isAccessLive: (actor) => accesses.isLive(actor),
  });

interface LiveActorParts {
  readonly sessions: ReturnType<typeof buildSessions>['repository'];
  readonly users: ReturnType<typeof buildUsers>['repository'];
  readonly accesses: ReturnType<typeof buildOperatorAccesses>;
}

/** Clients, users, sessions, passwords and the mails about them. */
export function buildIdentity(deps: IdentityDeps) {
  const { config, outbox, mongo, audit, passwords, onClientCreated, clock, logger } = deps;
  const { repository: clientRepository, directory: clients } = deps.clients;
  const runInTransaction = createTransactions(mongo);
  const guard = createAttemptGuard({ connection: mongo, config, logger });
  const { repository: userRepository, directory: users } = buildUsers(deps);
  const sessionParts = { mongo, audit, users, clients, config, clock, logger };
  const { sessions, repository: sessionRepository } = buildSessions(sessionParts);
  const accesses = buildOperatorAccesses({ mongo, audit, users, clients, clock });
  const liveActors = buildLiveActors(deps, { sessions: sessionRepository, users: userRepository, accesses });
  const mailed = buildLinks(deps);
  const { links, confirmations } = mailed;
  const userUseCases = createUserUseCases({
    repository: userRepository,
    users,
    clients,
    sessions,
    links,
    confirmations,
    outbox,
    membersOfTeam: deps.membersOfTeam,
    audit,
    clock,
  });
  const clientUseCases = createClientUseCases({
    repository: clientRepository,
    clients,
    users,
    userUseCases,
    sessions,
    onClientCreated,
    audit,
    clock,
  });
  const auth = createAuthUseCases({
    users,
    clients,
    sessions,
    passwords,
    guard,
    runInTransaction,
    onClientCreated,
    outbox,
    clock,
    logger,
  });
  return {
    users,
    authenticate: createAuthenticate(
      async (token) => (await accesses.actorOf(token)) ?? sessions.actorOf(token),
    ),
    findEnded: liveActors.findEnded,
    findSessionsEnded: liveActors.findSessionsEnded,
    recordOperatorRequest: accesses.recordRequest,
    linkPages,
    writeLetter: buildLetterWriter(deps, { mailed, users }),
    routes: [
      ...authRoutes({ auth }),
      ...mailedLinkRoutes(deps, { mailed, users, sessions, guard, runInTransaction }),
      ...sessionRoutes({ sessions }),
      ...clientRoutes({ useCases: clientUseCases }),
      ...operatorAccessRoutes({ accesses }),
      ...userRoutes({ useCases: userUseCases, guard }),
    ],
  };
}
