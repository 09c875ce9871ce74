import type { AuditService } from '../audit/service.ts';
import { type AttemptGuard, createAttemptGuard } from '../identity/attempts/guard.ts';
import type { Passwords } from '../identity/auth/passwords.ts';
import { createLetterWriter, createRecoveryService } from '../identity/auth/recovery/service.ts';
import { recoveryRoutes } from '../identity/auth/recovery/routes.ts';
import { authRoutes } from '../identity/auth/routes.ts';
import { createAuthService } from '../identity/auth/service.ts';
import { type OnClientCreated } from '../identity/clients/service.ts';
import { createClientManagement } from '../identity/clients/management.ts';
import { createClientRepository } from '../identity/clients/repository.ts';
import { clientRoutes } from '../identity/clients/routes.ts';
import { createClientService } from '../identity/clients/service.ts';
import { createAuthenticate } from '../http/authenticate.ts';
import { createMailSender, createOutbox } from '../mail/outbox.ts';
import { createMailRepository } from '../mail/repository.ts';
import { createSmtpTransport } from '../mail/transport.ts';
import { createPasswordLinkRepository } from '../identity/password-links/repository.ts';
import { createPasswordLinkService } from '../identity/password-links/service.ts';
import type { Clock } from '../platform/clock.ts';
import type { Config } from './config.ts';
import type { Logger } from '../platform/logger.ts';
import { startLoop } from '../platform/loop.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createTransactions } from '../platform/transaction.ts';
import { createSessionRepository } from '../identity/sessions/repository.ts';
import { sessionRoutes } from '../identity/sessions/routes.ts';
import { createSessionService } from '../identity/sessions/service.ts';
import { createTokens } from '../identity/sessions/tokens.ts';
import { createUserManagement } from '../identity/users/management.ts';
import { createUserRepository } from '../identity/users/repository.ts';
import { userRoutes } from '../identity/users/routes.ts';
import { createUserService } from '../identity/users/service.ts';

export interface IdentityDeps {
  readonly config: Pick<Config, 'auth' | 'mail'>;
  readonly mongo: MongoConnection;
  readonly audit: AuditService;
  readonly passwords: Passwords;
  readonly onClientCreated: OnClientCreated;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Who people are and what they may do: clients, users, sessions, passwords and the mails about them. */
export function buildIdentity(deps: IdentityDeps) {
  const { config, mongo, logger } = deps;
  const guard = createAttemptGuard({ connection: mongo, config: config.auth, logger });
  const services = buildServices(deps, guard);
  const { users, sessions } = services;
  const mail = startMail(deps, services);
  return {
    users,
    authenticate: createAuthenticate(sessions.actorOf),
    routes: [
      ...authRoutes(services),
      ...recoveryRoutes(services),
      ...sessionRoutes(services),
      ...clientRoutes({ management: services.clientManagement }),
      ...userRoutes({ management: services.userManagement, guard }),
    ],
    close: () => mail.close(),
  };
}

type Services = ReturnType<typeof buildServices>;

function buildServices({ mongo, ...deps }: IdentityDeps, guard: AttemptGuard) {
  const { audit, passwords, clock, logger } = deps;
  const runInTransaction = createTransactions(mongo);
  const clientRepository = createClientRepository(mongo);
  const clients = createClientService({ clients: clientRepository });
  const userRepository = createUserRepository(mongo);
  const users = createUserService({ users: userRepository, audit });
  const sessions = createSessionService({
    repository: createSessionRepository(mongo),
    tokens: createTokens({ config: deps.config.auth, clock }),
    users,
    clients,
    audit,
    config: deps.config.auth,
    clock,
    logger,
  });
  const links = createPasswordLinkService({ links: createPasswordLinkRepository(mongo), audit, clock });
  const mails = createMailRepository(mongo);
  const outbox = createOutbox({ mails, clock });
  const shared = { ...deps, guard, users, clients, sessions, links, outbox, runInTransaction };
  const userManagement = createUserManagement({ ...shared, repository: userRepository });
  return {
    ...shared,
    mails,
    passwords,
    userManagement,
    clientManagement: createClientManagement({ ...shared, repository: clientRepository, userManagement }),
    auth: createAuthService(shared),
    recovery: createRecoveryService(shared),
  };
}

const mailIdleMs = 100;
const mailLongestIdleMs = 500;

/** Mails leave from here and not from the worker: whoever cannot sign in must not have to wait for Temporal. */
function startMail({ config, clock, logger }: IdentityDeps, services: Services) {
  const log = logger.child({ part: 'mail' });
  const transport = createSmtpTransport(config.mail);
  const writeLetter = createLetterWriter({ ...services, config: config.mail, logger: log });
  const sender = createMailSender({ mails: services.mails, transport, writeLetter, clock, logger: log });
  const loop = startLoop({
    name: 'mail',
    step: async () => ((await sender.sendDue()) > 0 ? 'more' : 'idle'),
    idleMs: mailIdleMs,
    longestIdleMs: mailLongestIdleMs,
    logger: log,
  });
  return {
    async close() {
      await loop.stop();
      transport.close();
    },
  };
}
