import { createPasswords } from '../identity/auth/passwords.ts';
import type { OnClientCreated } from '../identity/clients/service.ts';
import { createHttpServer, type HttpServer } from '../http/server.ts';
import { createMessageLife } from '../sending/messages/actions/service.ts';
import { lifeRoutes } from '../sending/messages/actions/routes.ts';
import { messageRoutes } from '../sending/messages/routes.ts';
import { createMessageService } from '../sending/messages/service.ts';
import type { Config } from './config.ts';
import type { Logger } from '../platform/logger.ts';
import { serveMetrics } from '../platform/metrics.ts';
import { createInbox } from '../webhooks/intake.ts';
import { webhookRoutes } from '../webhooks/routes.ts';
import { createCloudApiGateway } from '../whatsapp/cloud-api.ts';
import { buildCore, type Core } from './core.ts';
import { buildIdentity } from './identity.ts';
import { buildMessagingResources } from './messaging-resources.ts';
import { observeAcceptance } from '../sending/observers.ts';
import { observeInbox } from '../webhooks/observers.ts';
import { problems } from './problems.ts';
import { buildSending } from './sending.ts';

export interface Api {
  readonly http: HttpServer;
  readonly core: Core;
  close(): Promise<void>;
}

/** The API asks the provider only now and then, and somebody waits for the answer. */
const gatewayOptions = ({ provider }: Config) => ({
  ...provider,
  connections: 4,
  timeoutMs: Math.min(provider.timeoutMs, 10_000),
});

/** How long /readyz says that the process stops before it refuses: balancers go elsewhere meanwhile. */
const announceMs = 1_000;

/** The API process: accepts messages, takes the provider's events in, answers the frontend. */
export async function buildApi(config: Config, logger: Logger): Promise<Api> {
  const core = await buildCore(config, { name: 'api', logger });
  const { clock, metrics, channels } = core;
  const gateway = createCloudApiGateway(gatewayOptions(config));
  const observed = { ...core, messages: observeAcceptance(core.messages, metrics) };
  const sending = buildSending(observed, gateway);
  const messages = createMessageService({ ...observed, ...sending });
  const passwords = createPasswords();
  const identity = buildIdentity({
    ...core,
    config,
    passwords,
    onClientCreated: provisioning(config, core),
  });
  const { users } = identity;
  const messaging = buildMessagingResources(config, { core, gateway, users });
  const inbox = createInbox({ events: core.events, clock, maxQueued: config.webhook.maxQueued });
  const http = createHttpServer({
    routes: [
      ...identity.routes,
      ...messaging.routes,
      ...core.peopleRoutes({ users, onOptOut: core.consent.finishOptOut }),
      ...core.consentRoutes(),
      ...messageRoutes({ messages }),
      ...lifeRoutes({
        life: createMessageLife(core),
        retries: sending.retries,
        links: config.temporal,
      }),
    ],
    rawRoutes: webhookRoutes({
      inbox: observeInbox(inbox, metrics),
      channels,
      verifyToken: config.webhook.verifyToken,
      appSecrets: config.provider.appSecrets,
    }),
    authenticate: identity.authenticate,
    logger,
    problems,
    config: config.http,
    health: core.health,
  });
  const metricsServer = await serveMetrics(metrics, {
    host: config.http.host,
    port: config.metrics.apiPort,
  });
  return {
    http,
    core,
    async close() {
      await http.close({ graceMs: config.deployment.shutdownGraceMs, announceMs });
      await gateway.close();
      await identity.close();
      await passwords.close();
      await metricsServer.close();
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
