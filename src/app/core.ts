import { insistingMs } from '../sending/dispatch/insist.ts';
import { createChannelRepository } from '../channels/store/repository.ts';
import { createChannelService } from '../channels/service.ts';
import { createGateOpenings } from '../openings/openings.ts';
import { createGateOpeningRepository } from '../openings/repository.ts';
import type { HealthCheck } from '../http/health.ts';
import { createMessageRepository } from '../sending/messages/store/repository.ts';
import { createMessageWorkflows } from '../sending/messages/workflows.ts';
import { createCipher } from '../platform/cipher.ts';
import { systemClock } from '../platform/clock.ts';
import type { Config } from './config.ts';
import type { Logger } from '../platform/logger.ts';
import type { ProcessName } from '../platform/metrics.ts';
import { pendingMigrations } from '../platform/migrations.ts';
import { connectMongo, scopeOf, type MongoConnection } from '../platform/mongo.ts';
import { createTemporalClient, type TemporalClient } from '../platform/temporal.ts';
import { createTransactions } from '../platform/transaction.ts';
import { queueWeight } from '../rates/channel/queue.ts';
import { createSendRates } from '../rates/service.ts';
import { createWebhookRepository } from '../webhooks/repository.ts';
import { observeStops } from '../consent/observers.ts';
import { observeRates } from '../rates/observers.ts';
import { observeEnds, observeOptOutCancels } from '../sending/observers.ts';
import { createCrmMetrics } from './instruments.ts';
import { buildConsent } from './consent.ts';
import { buildNumbers, buildPeople } from './people.ts';
import { buildTemplates } from './templates.ts';

export type Core = Awaited<ReturnType<typeof buildCore>>;

/** What the API and the worker have in common: connections and the services on both sides of a message. */
export async function buildCore(config: Config, { name, logger }: { name: ProcessName; logger: Logger }) {
  const clock = systemClock;
  const metrics = createCrmMetrics(name);
  const mongo = await connectMongo({
    uri: config.mongo.uri.reveal(),
    appName: name,
    maxPoolSize: config.mongo.maxPoolSize,
  });
  const temporal = createTemporalClient(config.temporal);
  const cipher = createCipher(Buffer.from(config.credentials.key.reveal(), 'base64'));
  const channels = createChannelService({
    channels: createChannelRepository(mongo),
    cipher,
    clock,
    sendsPerSecond: config.rates.sendsPerSecond,
  });
  const people = buildPeople({ mongo, clock });
  const base = { ...people, mongo, channels, clock, logger };
  const openings = createGateOpenings({ openings: createGateOpeningRepository(mongo), clock });
  const rates = observeRates(
    createSendRates({ connection: mongo, transact: createTransactions(mongo), clock, logger }),
    metrics,
  );
  const templates = buildTemplates(config, { ...base, openings, rates });
  const workflows = createMessageWorkflows({
    temporal: temporal.client,
    attemptTimeoutMs: config.provider.timeoutMs + insistingMs,
    dispatchTtlMs: config.messages.dispatchTtlMs,
    receiptDeadlineMs: config.messages.receiptDeadlineMs,
    async weightOf({ clientId, channelId }) {
      const usual = config.rates.sendsPerSecond;
      const channel = await channels.findById(scopeOf(clientId), channelId);
      return queueWeight(channel?.sendsPerSecond ?? usual, usual);
    },
  });
  const messages = createMessageRepository(mongo, observeEnds(metrics));
  const consent = buildConsent({
    ...base,
    messages,
    workflows: { cancel: workflows.requestCancel },
    onStopped(source, canceledCount) {
      observeStops(metrics)(source, canceledCount);
      observeOptOutCancels(metrics)(canceledCount);
    },
    openings,
  });
  return {
    ...base,
    metrics,
    temporal,
    openings,
    ...consent,
    templates: templates.service,
    templateParts: templates,
    workflows,
    rates,
    health: healthChecks({ mongo, temporal }),
    messages,
    numbers: buildNumbers({ ...base, messages }),
    events: createWebhookRepository(mongo),
    async close() {
      await rates.close();
      await templates.close();
      await temporal.close();
      await mongo.close();
    },
  };
}

interface Connections {
  readonly mongo: MongoConnection;
  readonly temporal: TemporalClient;
}

/** What has to answer before the process is ready. */
const healthChecks = ({ mongo, temporal }: Connections): readonly HealthCheck[] => [
  {
    name: 'mongo',
    advice: 'Check that MongoDB runs as a replica set and that MONGODB_URI names it.',
    check: async () => void (await mongo.db?.command({ ping: 1 })),
  },
  {
    name: 'temporal',
    advice: 'Check that Temporal runs, and TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.',
    check: temporal.check,
  },
  {
    name: 'migrations',
    advice: 'Run npm run migrate.',
    check: async () => {
      const pending = await pendingMigrations(mongo);
      if (pending.length > 0) throw new Error(`not run yet: ${pending.join(', ')}`);
    },
  },
];
