import { buildChannels } from '../channels/build.ts';
import { buildAddressStops, buildConsent } from '../consent/build.ts';
import { createInheritedStops } from '../consent/statements/inherited.ts';
import { buildClients } from '../identity/build.ts';
import { buildConversationStore, buildInbox } from '../inbox/build.ts';
import { buildMedia } from '../inbox/build-media.ts';
import type { ConversationThreads } from '../inbox/conversations/threads.ts';
import { buildOpenings } from '../openings/build.ts';
import { createAwaitCalls } from '../openings/closings.ts';
import { buildNumbers, buildPeople } from '../people/build.ts';
import { buildImports } from '../people/build-imports.ts';
import type { SuspectNumberDeps } from '../people/contacts/numbers.ts';
import { createCipher } from '../platform/cipher.ts';
import { systemClock } from '../platform/clock.ts';
import { createDatabaseWait, type DatabaseWait } from '../platform/database-wait.ts';
import type { Logger } from '../platform/logger.ts';
import type { ProcessName } from '../platform/metrics.ts';
import { pendingMigrations } from '../platform/migrations.ts';
import { type MongoConnection, type OpenedMongo, openMongo } from '../platform/mongo.ts';
import { createTemporalClient } from '../platform/temporal.ts';
import { buildRates } from '../rates/build.ts';
import { buildMessageStore, buildSending } from '../sending/build.ts';
import { workflowQueue } from '../sending/messages/contract.ts';
import type { MessageRepository } from '../sending/messages/use-cases.ts';
import { observeOptOutCancels } from '../sending/observers.ts';
import { buildStorage } from '../storage/build.ts';
import { buildTemplates } from '../templates/build.ts';
import { buildTimers } from '../timers/build.ts';
import type { TimerHandlers } from '../timers/timers.ts';
import { createCloudApiGateway } from '../whatsapp/cloud-api.ts';
import type { GraphOptions } from '../whatsapp/graph.ts';
import { buildErasure, buildUnreadEvents } from '../webhooks/build.ts';
import { createMediaApi } from '../whatsapp/media-api.ts';
import { observeGateway } from '../whatsapp/observers.ts';
import type { Config } from './config.ts';
import { healthChecks } from './dependencies.ts';
import { createCrmMetrics } from './instruments.ts';
import { buildRecords } from './events.ts';

export type Core = Awaited<ReturnType<typeof buildCore>>;

interface CoreOptions {
  readonly name: ProcessName;
  readonly logger: Logger;
  /** The provider's address, and the connections and time-out of this process. */
  readonly provider: GraphOptions;
}

/** The connections and areas that API and worker share. */
export async function buildCore(config: Config, options: CoreOptions) {
  const opened = openMongo({
    uri: config.mongo.uri.reveal(),
    appName: options.name,
    maxPoolSize: config.mongo.maxPoolSize,
  });
  const database = await waitForDatabase(opened, options.logger);
  const ground = await buildGround(config, options, opened.connection);
  const areas = buildAreas(config, ground);
  const { mongo, temporal, gateway, rates, clock, logger, metrics, cipher, audit, clients, openings } =
    ground;
  const { channels, templates, people, inbox, media, store, awaitCalls } = areas;
  const { numbers, addressStops, consent, sending } = areas;
  return {
    mongo,
    /** Neither process takes work before this is open. */
    database,
    temporal,
    gateway,
    clock,
    logger,
    metrics,
    cipher,
    audit,
    ...{ eventStore: ground.eventStore, events: ground.events, conversationStore: areas.threads },
    clients,
    openings,
    timers: ground.timers.timers,
    rates: rates.rates,
    channels: channels.directory,
    pauses: channels.pauses,
    channelEvents: channels.events,
    templates: templates.catalogue,
    templateSync: templates.sync,
    templateEvents: templates.events,
    ...{ contacts: people.contacts, leads: people.leads },
    ...{ conversations: inbox.conversations, arrivals: inbox.arrivals, answers: inbox.answers },
    readSurveyAnswer: inbox.surveys.readAnswer,
    runInTransaction: ground.audit.runInTransaction,
    messages: store.messages,
    workflows: store.workflows,
    awaitCalls,
    numbers: numbers.numbers,
    addressStops,
    /** The worker asks the intake right before each call. */
    unreadEvents: buildUnreadEvents({ mongo, channels: channels.directory, messages: store.messages }),
    ...{ consent: consent.consent, policies: consent.policies, preferences: consent.preferences },
    ...{ readKeyword: consent.readKeyword, onInbound: consent.onInbound },
    ...{ facts: sending.facts, effects: sending.effects, receipts: sending.receipts },
    media,
    files: media.sends,
    incomingFiles: sending.incomingFiles,
    ...{ inbound: sending.inbound, threadItems: sending.threadItems },
    areas,
    /** Only the worker runs them. */
    loops: [
      ...[channels, templates, numbers, rates, sending, media].flatMap(({ loops }) => loops),
      ...ground.timers.loops(timerHandlers(areas)),
      ...inbox.loops(logger, metrics),
    ],
    health: healthChecks({ mongo, temporal, database }),
    async close() {
      database.stop();
      await Promise.all([gateway.close(), ground.mediaGateway.close()]);
      ground.storage.close();
      await rates.close();
      await templates.close();
      await temporal.close();
      await opened.close();
    },
  };
}

const waitForDatabase = ({ connection, connect }: OpenedMongo, logger: Logger): Promise<DatabaseWait> =>
  createDatabaseWait({
    logger,
    async assertFits() {
      await connect();
      const pending = await pendingMigrations(connection);
      if (pending.length > 0) throw new Error(`pending migrations: ${pending.join(', ')}`);
    },
  });

type Ground = Awaited<ReturnType<typeof buildGround>>;

/** Connections, and the areas that depend on no other. */
async function buildGround(config: Config, { name, logger, provider }: CoreOptions, mongo: MongoConnection) {
  const clock = systemClock;
  const metrics = createCrmMetrics(name);
  const { openings, queue } = buildOpenings({ mongo, clock });
  const { audit, events, store: eventStore } = buildRecords({ mongo, clock });
  const { storage, spool } = await buildStorage({ config: config.storage, clock });
  return {
    storage,
    spool,
    clock,
    logger,
    metrics,
    cipher: createCipher(Buffer.from(config.credentials.key.reveal(), 'base64')),
    mongo,
    temporal: createTemporalClient(config.temporal),
    gateway: observeGateway(createCloudApiGateway(provider), metrics),
    mediaGateway: createMediaApi({ provider, fileHosts: config.provider.mediaHosts }),
    audit,
    events,
    eventStore,
    clients: buildClients({ mongo, audit }),
    openings,
    openingQueue: queue,
    rates: buildRates({ mongo, metrics, clock, logger }),
    timers: buildTimers({ mongo, metrics, clock, logger }),
  };
}

/** The areas whose objects the provider also stores. */
function buildProviderAreas(config: Config, ground: Ground) {
  const { mongo, audit, openings, clock, logger } = ground;
  const { limiter } = ground.rates;
  const channels = buildChannels({
    mongo,
    audit,
    openings,
    gateway: ground.gateway,
    limiter,
    cipher: ground.cipher,
    sendsPerSecond: config.rates.sendsPerSecond,
    maxOfClient: config.channels.maxOfClient,
    clock,
    logger,
  });
  const templates = buildTemplates({
    provider: config.provider,
    mongo,
    channels: channels.directory,
    audit,
    openings,
    limiter,
    clock,
    logger,
  });
  const media = buildMedia({
    mongo,
    temporal: ground.temporal.client,
    workflowQueue,
    channels: channels.directory,
    gateway: ground.mediaGateway,
    storage: ground.storage,
    spool: ground.spool,
    clock,
    logger,
  });
  return { channels, templates, media };
}

function buildAreas(config: Config, ground: Ground) {
  const { mongo, clock, logger, metrics, audit, openings } = ground;
  const { channels, templates, media } = buildProviderAreas(config, ground);
  const threads = buildConversationStore(mongo);
  const addressStops = buildAddressStops(mongo);
  const { timers } = ground.timers;
  const people = buildPeople({
    ...{ mongo, audit, conversations: threads.references, addressStops, timers, clock },
    stopInherited: createInheritedStops({ timers, clock }),
  });
  const { contacts, leads } = people;
  const store = buildMessageStore({
    mongo,
    temporal: ground.temporal.client,
    metrics,
    channels: channels.directory,
    config: config.messages,
    timeoutMs: config.provider.timeoutMs,
    sendsPerSecond: config.rates.sendsPerSecond,
  });
  const { messages, workflows, findLastWords } = store;
  const inbox = buildInbox({
    ...{ mongo, store: threads, contacts, leads, timers, audit, clock },
    ...{ clients: ground.clients.directory, findWait: messages.findOpenWait, findLastWords },
    ...{ readable: messages, waitFacts: messages },
  });
  const { conversations, arrivals, answers } = inbox;
  const awaitCalls = createAwaitCalls(messages);
  const numbers = buildNumbers({ mongo, hasReached: hasReached(conversations, messages), clock });
  const consent = buildConsent({
    ...{ mongo, metrics, contacts, addressStops, messages, awaitCalls, audit, openings, clock, logger },
    clients: ground.clients.directory,
    workflows: { cancel: workflows.requestCancel },
    onCanceled: observeOptOutCancels(metrics),
  });
  const imports = buildImports({
    ...{ metrics, temporal: ground.temporal.client, workflowQueue, timers, audit, clock, logger },
    ...{ storage: ground.storage, spool: ground.spool, clients: ground.clients.directory },
    ...{ people, consent: consent.consent, eraseFiles: media.eraseOfContact, addressStops },
    erasePerson: buildErasure({ mongo, channels: channels.directory }).erasePerson,
  });
  const sending = buildSending({
    ...{ mongo, gateway: ground.gateway, timers, readSettings: inbox.readSettings },
    ...{ messages, workflows, contacts, leads, phoneBook: people.phoneBook },
    ...{ channels: channels.directory, pauses: channels.pauses, templates: templates.catalogue },
    ...{ conversations, arrivals, answers, readSurveyAnswer: inbox.surveys.readAnswer },
    ...{ fileArrivals: media.arrivals, fileStates: media.states, fileSends: media.sends },
    numbers: numbers.numbers,
    ...{ consent: consent.consent, policies: consent.policies, addressStops },
    ...{ readKeyword: consent.readKeyword, onInbound: consent.onInbound },
    openings: ground.openingQueue,
    rates: ground.rates.rates,
    metrics,
    config: config.messages,
    audit,
    clock,
    logger,
  });
  return {
    ...{ channels, templates, people, inbox, media, store, awaitCalls, threads },
    ...{ numbers, addressStops, consent, sending, imports },
  };
}

type Areas = ReturnType<typeof buildAreas>;

/** What the areas do when their timers are due, by kind. */
const timerHandlers = ({ consent, imports, inbox, people, sending, store }: Areas): TimerHandlers => ({
  ...consent.timerHandlers,
  ...imports.timerHandlers,
  ...inbox.timerHandlers,
  ...inbox.surveys.timerHandlers({
    findEpisode: store.messages.findEpisode,
    prepareSend: sending.prepareSurveySend,
  }),
  ...people.timerHandlers,
  ...sending.timerHandlers,
  ...store.timerHandlers,
});

/** Whether a message in any conversation of the contact has reached the number. */
const hasReached =
  (
    conversations: Pick<ConversationThreads, 'idsOfContact'>,
    messages: Pick<MessageRepository, 'hasReached'>,
  ): SuspectNumberDeps['hasReached'] =>
  async (scope, { contactId, phoneNumber, since }) => {
    const threads = await conversations.idsOfContact(scope, contactId);
    return messages.hasReached(scope, threads, { phoneNumber, since });
  };
