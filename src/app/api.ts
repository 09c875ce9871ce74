import { createPasswords } from '../auth/passwords.ts';
import type { OnClientCreated } from '../auth/service.ts';
import { createHttpServer, type HttpServer } from '../http/server.ts';
import { messageRoutes } from '../messages/routes.ts';
import { createMessageService } from '../messages/service.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';
import { createInbox } from '../webhooks/inbox.ts';
import { webhookRoutes } from '../webhooks/routes.ts';
import { buildCore, type Core } from './core.ts';
import { buildIdentity } from './identity.ts';
import { buildMessagingResources } from './messaging-resources.ts';

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
  const { clock, channels, templates, audit } = core;
  const messages = createMessageService(core);
  const passwords = createPasswords();
  const identity = buildIdentity({
    ...core,
    config,
    passwords,
    onClientCreated: provisioning(config, { channels, templates }),
  });
  const { users } = identity;
  const messaging = buildMessagingResources(config, { core, users, audit });
  const inbox = createInbox({ events: core.events, clock, maxQueued: config.webhook.maxQueued });
  const http = createHttpServer({
    routes: [
      ...identity.routes,
      ...messaging.routes,
      ...core.peopleRoutes({ users }),
      ...messageRoutes({ messages }),
    ],
    rawRoutes: webhookRoutes({
      inbox,
      channels,
      verifyToken: config.webhook.verifyToken,
      appSecrets: config.provider.appSecrets,
    }),
    authenticate: identity.authenticate,
    logger,
    config: config.http,
    health: core.health,
  });
  return {
    http,
    core,
    async close() {
      await http.close({ graceMs: config.shutdownGraceMs, announceMs });
      await messaging.close();
      await identity.close();
      await passwords.close();
      await core.close();
    },
  };
}

/** With the sandbox as provider, a new client can send its first message at once. */
const provisioning =
  ({ provider }: Config, { channels, templates }: Pick<Core, 'channels' | 'templates'>): OnClientCreated =>
  async (scope, session) => {
    if (provider.kind !== 'sandbox') return;
    const channelId = await channels.addSandboxChannel(scope, session);
    await templates.addStarterTemplates(scope, channelId, session);
  };
