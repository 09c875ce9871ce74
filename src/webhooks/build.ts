import type { ChannelPauses } from '../channels/pauses.ts';
import type { ChannelDirectory } from '../channels/directory.ts';
import type { Preferences } from '../consent/statements/preferences.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { createLoops, whileFound } from '../platform/loop.ts';
import type { Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { Secret } from '../platform/secret.ts';
import type { InboundService } from '../sending/messages/incoming/inbound.ts';
import type { ReceiptService } from '../sending/messages/incoming/receipts.ts';
import type { TemplateEvents } from '../templates/sync/events.ts';
import { createChangeHandler } from './changes.ts';
import type { WebhookConfig } from './config.ts';
import type { webhookInstruments } from './instruments.ts';
import { createInbox } from './intake.ts';
import { webhookLoops } from './loops.ts';
import { observeEvents, observeInbox } from './observers.ts';
import { createWebhookProcessor } from './processor.ts';
import { createWebhookRepository } from './repository.ts';
import { webhookRoutes } from './routes.ts';

/** Stored webhook events; commands need nothing else. */
export const buildWebhookStore = (mongo: MongoConnection) => createWebhookRepository(mongo);

interface IntakeDeps {
  readonly mongo: MongoConnection;
  readonly channels: ChannelDirectory;
  readonly appSecrets: readonly Secret[];
  readonly config: WebhookConfig;
  readonly metrics: Measured<typeof webhookInstruments>;
  readonly clock: Clock;
}

/** The provider's way in, which the API has. */
export function buildIntake({ mongo, channels, appSecrets, config, metrics, clock }: IntakeDeps) {
  const { maxQueued, verifyToken } = config;
  const inbox = createInbox({ events: buildWebhookStore(mongo), clock, maxQueued });
  const observed = observeInbox(inbox, metrics);
  return { rawRoutes: webhookRoutes({ inbox: observed, channels, verifyToken, appSecrets }) };
}

interface ProcessorDeps {
  readonly mongo: MongoConnection;
  readonly metrics: Measured<typeof webhookInstruments>;
  readonly channels: ChannelDirectory;
  readonly receipts: ReceiptService;
  readonly inbound: InboundService;
  readonly preferences: Preferences;
  readonly templateEvents: TemplateEvents;
  readonly pauses: Pick<ChannelPauses, 'applyAccountItem'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a processor that dies delays its events; 30 s when not given. */
  readonly leaseMs?: number;
}

/** The processing of what came in, which the worker has. */
export function buildProcessor(deps: ProcessorDeps) {
  const { channels, receipts, inbound, preferences, templateEvents, pauses, clock, logger, leaseMs } = deps;
  const processor = createWebhookProcessor({
    events: observeEvents(buildWebhookStore(deps.mongo), deps.metrics),
    channels,
    receipts,
    inbound,
    changes: createChangeHandler({ preferences, templateEvents, pauses }),
    clock,
    logger,
    ...(leaseMs === undefined ? {} : { leaseMs }),
  });
  return {
    processBatch: processor.processBatch,
    loops: createLoops(webhookLoops, {
      'webhook-processor': whileFound(() => processor.processBatch('all')),
      'webhook-urgent': whileFound(() => processor.processBatch('urgent')),
    }),
  };
}
