import { insistingMs } from '../../activities/insist.ts';
import { createChannelRepository } from '../channels/repository.ts';
import { createChannelService } from '../channels/service.ts';
import type { HealthCheck } from '../http/health.ts';
import { createMessageRepository } from '../messages/repository.ts';
import { createMessageWorkflows } from '../messages/workflows.ts';
import { createCipher } from '../platform/cipher.ts';
import { systemClock } from '../platform/clock.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';
import { pendingMigrations } from '../platform/migrations.ts';
import { connectMongo } from '../platform/mongo.ts';
import { createTemporalClient } from '../platform/temporal.ts';
import { createWebhookRepository } from '../webhooks/repository.ts';
import { buildPeople } from './people.ts';
import { buildTemplates } from './templates.ts';

export type Core = Awaited<ReturnType<typeof buildCore>>;

/** What the API and the worker have in common: connections and the services on both sides of a message. */
export async function buildCore(config: Config, { name, logger }: { name: string; logger: Logger }) {
  const clock = systemClock;
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
    sendsPerSecond: config.provider.sendsPerSecond,
  });
  const people = buildPeople({ mongo, clock });
  const templates = buildTemplates(config, { mongo, channels, clock, logger, audit: people.audit });
  const workflows = createMessageWorkflows({
    temporal: temporal.client,
    attemptTimeoutMs: config.provider.timeoutMs + insistingMs,
    dispatchTtlMs: config.messages.dispatchTtlMs,
    receiptDeadlineMs: config.messages.receiptDeadlineMs,
  });
  const health: readonly HealthCheck[] = [
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
  return {
    clock,
    logger,
    mongo,
    temporal,
    channels,
    ...people,
    templates: templates.service,
    templateParts: templates,
    workflows,
    health,
    messages: createMessageRepository(mongo),
    events: createWebhookRepository(mongo),
    async close() {
      await templates.close();
      await temporal.close();
      await mongo.close();
    },
  };
}
