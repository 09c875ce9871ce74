import { createPasswords } from '../auth/passwords.ts';
import { authRoutes } from '../auth/routes.ts';
import { createAuthService, type OnClientCreated } from '../auth/service.ts';
import { channelRoutes } from '../channels/routes.ts';
import { createClientRepository } from '../clients/repository.ts';
import { clientRoutes } from '../clients/routes.ts';
import { createClientService } from '../clients/service.ts';
import { createAuthenticate } from '../http/authenticate.ts';
import { createHttpServer, type HttpServer } from '../http/server.ts';
import { messageRoutes } from '../messages/routes.ts';
import { createMessageService } from '../messages/service.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';
import { createTransactions } from '../platform/transaction.ts';
import { createSessionRepository } from '../sessions/repository.ts';
import { createSessionService } from '../sessions/service.ts';
import { createTokens } from '../sessions/tokens.ts';
import { createTemplateRepository } from '../templates/repository.ts';
import { templateRoutes } from '../templates/routes.ts';
import { createTemplateService } from '../templates/service.ts';
import { createUserRepository } from '../users/repository.ts';
import { createUserService } from '../users/service.ts';
import { createInbox } from '../webhooks/inbox.ts';
import { webhookRoutes } from '../webhooks/routes.ts';
import { buildCore, type Core } from './core.ts';

export interface Api {
  readonly http: HttpServer;
  readonly core: Core;
  close(): Promise<void>;
}

/** How long /readyz says that the process stops before it refuses: balancers go elsewhere meanwhile. */
const announceMs = 1_000;

/** The API process: accepts messages, takes the provider's events in, answers the frontend. */
export async function buildApi(config: Config, logger: Logger): Promise<Api> {
  const core = await buildCore(config, { name: 'api', logger });
  const { clock, mongo, channels } = core;
  const templates = createTemplateService({ templates: createTemplateRepository(mongo), clock });
  const messages = createMessageService({ ...core, templates });
  const clients = createClientService({ clients: createClientRepository(mongo) });
  const users = createUserService({ users: createUserRepository(mongo) });
  const passwords = createPasswords();
  const sessions = createSessionService({
    repository: createSessionRepository(mongo),
    tokens: createTokens({ config: config.auth, clock }),
    users,
    clients,
    config: config.auth,
    clock,
    logger,
  });
  const auth = createAuthService({
    users,
    clients,
    sessions,
    passwords,
    runInTransaction: createTransactions(mongo),
    onClientCreated: provisioning(config, { channels, templates }),
    clock,
    logger,
  });
  const inbox = createInbox({ events: core.events, clock, maxQueued: config.webhook.maxQueued });
  const http = createHttpServer({
    routes: [
      ...authRoutes({ auth }),
      ...clientRoutes({ clients }),
      ...channelRoutes({ channels }),
      ...templateRoutes({ templates }),
      ...messageRoutes({ messages }),
    ],
    rawRoutes: webhookRoutes({
      inbox,
      channels,
      verifyToken: config.webhook.verifyToken,
      appSecrets: config.provider.appSecrets,
    }),
    authenticate: createAuthenticate(sessions.actorOf),
    logger,
    config: config.http,
    health: core.health,
  });
  return {
    http,
    core,
    async close() {
      await http.close({ graceMs: config.shutdownGraceMs, announceMs });
      await passwords.close();
      await core.close();
    },
  };
}

/** With the sandbox as provider, a new client can send its first message at once. */
const provisioning =
  (
    { provider }: Config,
    { channels, templates }: Pick<Core, 'channels'> & { templates: ReturnType<typeof createTemplateService> },
  ): OnClientCreated =>
  async (scope, session) => {
    if (provider.kind !== 'sandbox') return;
    const channelId = await channels.addSandboxChannel(scope, session);
    await templates.addStarterTemplates(scope, channelId, session);
  };
