import { buildAuditRoutes } from '../audit/build.ts';
import type { ChannelConnecting } from '../channels/routes.ts';
import type { ChannelUsage } from '../channels/use-cases.ts';
import { homePage } from '../http/home-page.ts';
import { observeBodies, observeRequests } from '../http/observers.ts';
import { createHttpServer, type HttpServer } from '../http/server.ts';
import { createPasswords } from '../identity/auth/passwords.ts';
import { buildIdempotency } from '../idempotency/build.ts';
import { buildIdentity } from '../identity/build.ts';
import type { OnClientCreated } from '../identity/clients/directory.ts';
import { buildMail } from '../mail/build.ts';
import { buildConversationEventLoops } from '../inbox/build.ts';
import type { Logger } from '../platform/logger.ts';
import { startLoops } from '../platform/loop.ts';
import { serveMetrics } from '../platform/metrics.ts';
import { buildEvents } from '../events/build.ts';
import { buildQuota, type Quota } from '../quotas/build.ts';
import { createMeters, type Meters } from '../quotas/meters.ts';
import { buildIntake } from '../webhooks/build.ts';
import { buildMessageEventLoops } from '../sending/build.ts';
import { apiDescription } from './api-description.ts';
import type { Config } from './config.ts';
import { buildCore, type Core } from './core.ts';
import { createDependencyWatch } from './dependencies.ts';
import { eventTable, passingEventTable } from './events.ts';
import { dependencyLoop, observeLoops } from './loops.ts';
import { problems } from './problems.ts';

export interface Api {
  readonly http: HttpServer;
  readonly core: Core;
  close(): Promise<void>;
}

/** The API calls the provider rarely, and a user waits for the response. */
const providerOf = ({ provider: { apiUrl, apiVersion, timeoutMs } }: Config) => ({
  apiUrl,
  apiVersion,
  connections: 4,
  timeoutMs: Math.min(timeoutMs, 10_000),
});

/** Time in which /readyz reports the stop before requests are refused, so that load balancers move away. */
const announceMs = 1_000;

/** The API process: accepts messages, stores the provider's events and serves the frontend. */
export async function buildApi(config: Config, logger: Logger): Promise<Api> {
  const core = await buildCore(config, { name: 'api', logger, provider: providerOf(config) });
  const { mongo, database, metrics, clock, audit, clients, channels } = core;
  const passwords = createPasswords({ cost: config.auth.bcryptCost });
  const mailLogger = logger.child({ part: 'mail' });
  const mail = buildMail({ mongo, config: config.mail, clock, logger: mailLogger, metrics });
  const identity = buildIdentity({
    config: config.auth,
    mail: config.mail,
    outbox: mail.outbox,
    mongo,
    clients,
    audit,
    passwords,
    onClientCreated: provisioning(config, core),
    onUserChanged: core.areas.inbox.followUser,
    membersOfTeam: core.areas.inbox.membersOfTeam,
    clock,
    logger,
  });
  const quota = dailyQuota(config, core);
  const meters = createMeters({ quota, isVerified: channels.hasVerified, clock });
  const intake = webhookIntake(config, core, quota);
  const events = liveEvents(core, identity);
  const watched = createDependencyWatch({ checks: core.health, metrics, logger });
  const observer = observeLoops(metrics, clock);
  const watching = startLoops(dependencyLoop('api', watched), logger, observer);
  const loops = [...mail.loops(identity.writeLetter), ...events.loops, ...markLoops(core)];
  const working = database.opened.then((isOpen) => (isOpen ? startLoops(loops, logger, observer) : null));
  const http = createHttpServer({
    about: apiDescription,
    routes: [
      ...identity.routes,
      ...areaRoutes(config, core, { users: identity.users, meters }),
      ...events.routes,
    ],
    rawRoutes: intake.rawRoutes,
    extraPages: config.http.allowsLocalPages ? identity.linkPages.concat(homePage(apiDescription.title)) : [],
    authenticate: identity.authenticate,
    redeemTicket: events.redeemTicket,
    recordOperatorRequest: identity.recordOperatorRequest,
    answerOnce: buildIdempotency({ mongo, cipher: core.cipher, clock, logger }),
    meter: meters.writes,
    logger,
    problems,
    config: config.http,
    health: core.health,
    isAccepting: database.isOpen,
    bodies: observeBodies(metrics),
    requests: observeRequests(metrics),
  });
  http.onDrain(events.stop);
  const metricsServer = await serveMetrics(metrics, {
    host: config.http.host,
    port: config.metrics.apiPort,
  });
  return {
    http,
    core,
    async close() {
      await http.close({ graceMs: config.deployment.shutdownGraceMs, announceMs });
      database.stop();
      await Promise.all([watching.stop(), working.then((running) => running?.stop())]);
      mail.close();
      await passwords.close();
      await metricsServer.close();
      await core.close();
    },
  };
}

type Identity = ReturnType<typeof buildIdentity>;

const webhookIntake = (
  { provider: { appSecrets }, webhook: config }: Config,
  { mongo, channels, metrics, clock, logger }: Core,
  quota: Quota,
) => buildIntake({ mongo, channels, appSecrets, config, metrics, quota, clock, logger });

/** What each business may store in a day by what it sends. */
const dailyQuota = ({ webhook, quotas }: Config, { mongo, clock }: Core) =>
  buildQuota({
    mongo,
    clock,
    bytesPerDay: {
      webhooks: webhook.bytesPerDay.verified,
      'unverified-webhooks': webhook.bytesPerDay.unverified,
      api: quotas.apiBytesPerDay.verified,
      'unverified-api': quotas.apiBytesPerDay.unverified,
      files: quotas.fileBytesPerDay.verified,
      'unverified-files': quotas.fileBytesPerDay.unverified,
    },
  });

/** The loops that tell what marked documents have become. */
const markLoops = ({ mongo, messages, conversationStore, media, events: recorder, areas, clock }: Core) => [
  ...buildMessageEventLoops({
    ...{ mongo, messages, recorder, clock },
    followSurveys: areas.inbox.surveys.followMessages,
  }),
  ...buildConversationEventLoops({
    ...{ mongo, store: conversationStore, readable: messages, recorder, clock },
  }),
  ...media.eventLoops(recorder),
];

const liveEvents = (
  { mongo, eventStore: store, metrics, clock, logger, areas }: Core,
  { findEnded, findSessionsEnded }: Identity,
) =>
  buildEvents({
    mongo,
    table: eventTable,
    passingTable: passingEventTable,
    store,
    findEnded,
    findSessionsEnded,
    onListening: areas.inbox.noteListening,
    metrics,
    clock,
    logger: logger.child({ part: 'events' }),
  });

/** The routes of the areas that API and worker share. */
function areaRoutes(
  config: Config,
  core: Core,
  { users, meters }: { readonly users: Identity['users']; readonly meters: Meters },
) {
  const { channels, templates, people, inbox, media, consent, sending } = core.areas;
  const { imports } = core.areas;
  const { contactUseCases } = imports;
  const { mongo, audit, clock, messages, awaitCalls } = core;
  return [
    ...channels.routes({
      usage: channelUsage(config, core),
      awaitCalls,
      requireMayConnect: connecting(config, users),
      publicUrl: config.http.publicUrl,
    }),
    ...templates.routes({ countUnsent: messages.countUnsentOf, awaitCalls }),
    ...inbox.routes({
      users,
      channels: core.channels,
      latestMessages: sending.latestMessages,
      ...{ showTyping: sending.showTyping, findReadMark: sending.findReadMark },
      tellPassing: core.eventStore.tellPassing,
      prepareSend: sending.prepareSend,
      files: media.useCases({
        audit,
        takeBytes: meters.takeFile,
        linkKey: config.credentials.key,
        publicUrl: config.http.publicUrl,
      }),
    }),
    ...people.routes({ users, clients: core.clients.directory, contactUseCases }),
    ...imports.routes({ takeBytes: meters.takeFile }),
    ...consent.routes(),
    ...sending.routes({ links: config.temporal, users }),
    ...buildAuditRoutes({ mongo, audit, key: config.credentials.key, clock }),
  ];
}

/** A stranger with a made-up address may use the sandbox, but not connect somebody's real number. */
const connecting = ({ provider }: Config, users: Identity['users']): ChannelConnecting =>
  provider.kind === 'sandbox' ? async () => undefined : users.requireConfirmedEmail;

const maxUses = 1_000;

/** Names what still uses a channel; counts stop at `maxUses`. */
const channelUsage =
  ({ messages: { receiptDeadlineMs } }: Config, { areas, messages, templates, clock }: Core): ChannelUsage =>
  async (scope, channelId) => {
    const sentAfter = new Date(clock.now().getTime() - receiptDeadlineMs);
    const counts = await Promise.all([
      messages.countUnfinishedOn(scope, channelId, { sentAfter, atMost: maxUses }),
      areas.inbox.countLiveOn(scope, channelId, maxUses),
      templates.countOn(scope, channelId, maxUses),
    ]);
    const names = ['unfinished messages', 'conversations that are not closed', 'templates'];
    return counts.flatMap((count, index) =>
      count === 0 ? [] : [`${names[index]} (${count < maxUses ? count : `${maxUses} or more`})`],
    );
  };

/** With the sandbox as provider, a new client gets a channel and templates, so it can send at once. */
const provisioning =
  ({ provider }: Config, { channels, templates }: Pick<Core, 'channels' | 'templates'>): OnClientCreated =>
  async (scope, session) => {
    if (provider.kind !== 'sandbox') return;
    const channelId = await channels.addSandboxChannel(scope, session);
    await templates.addStarterTemplates(scope, channelId, session);
  };
