import { createSecretKey } from 'node:crypto';
import type { ChannelDirectory } from '../channels/directory.ts';
import type { ChannelEvents } from '../channels/events/service.ts';
import type { Clock } from '../platform/clock.ts';
import { createLogBudget } from '../platform/log-budget.ts';
import type { Logger } from '../platform/logger.ts';
import { createLoops, once } from '../platform/loop.ts';
import type { Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { Secret } from '../platform/secret.ts';
import type { Quota } from '../quotas/build.ts';
import type { InboundService } from '../sending/messages/incoming/inbound.ts';
import type { ReceiptService } from '../sending/messages/incoming/receipts.ts';
import type { QuotedMessages } from '../sending/dispatch/unread-events.ts';
import { createChangeHandler, type ChangeDeps } from './changes.ts';
import type { WebhookConfig } from './config.ts';
import { createDoor } from './door.ts';
import { createDeadLetterKeeping } from './dead-letter-keeping.ts';
import { createDeadLetterRepository } from './dead-letter-repository.ts';
import { createErasure } from './erasure.ts';
import type { webhookInstruments } from './instruments.ts';
import { createIntake } from './intake.ts';
import { createChannelLimits } from './limits.ts';
import { webhookLoops } from './loops.ts';
import { countRefusals, observeEvents, observeIntake, observeItems } from './observers.ts';
import { createWebhookProcessor } from './processor.ts';
import { createWebhookRepository } from './repository.ts';
import { webhookRoutes } from './routes.ts';
import { createUnreadEvents } from './unread.ts';
import { createUnreadRepository } from './unread-repository.ts';
import { createUnknownWords } from './unknown-words/recorder.ts';
import { createUnknownWordRepository } from './unknown-words/repository.ts';

/** The stored webhook events. */
const openStore = (mongo: MongoConnection) => createWebhookRepository(mongo);

/** All that the command for dead letters needs. */
export const buildDeadLetters = (mongo: MongoConnection) => createDeadLetterRepository(mongo);

interface ErasureDeps {
  readonly mongo: MongoConnection;
  readonly channels: ChannelDirectory;
}

/** The erasure of persons from stored events, for the API process. */
export const buildErasure = (deps: ErasureDeps) => createErasure(deps);

interface UnreadDeps extends ErasureDeps {
  readonly messages: QuotedMessages;
}

/** What the intake holds unread, for the last look before a call. */
export const buildUnreadEvents = ({ mongo, channels, messages }: UnreadDeps) =>
  createUnreadEvents({ events: createUnreadRepository(mongo), channels, messages });

/** The unknown names of the provider; all that their command needs. */
export const buildUnknownWordStore = (mongo: MongoConnection) => createUnknownWordRepository(mongo);

/** Lines about refused bodies, of one business in a minute. */
const maxLogLines = 10;

interface IntakeDeps {
  readonly mongo: MongoConnection;
  readonly channels: ChannelDirectory;
  readonly appSecrets: readonly Secret[];
  readonly config: WebhookConfig;
  readonly metrics: Measured<typeof webhookInstruments>;
  readonly quota: Quota;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The webhook routes, for the API process. */
export function buildIntake(deps: IntakeDeps) {
  const { mongo, channels, appSecrets, config, metrics, quota, clock, logger } = deps;
  const { maxQueued, verifyToken, channelLimits } = config;
  const door = createDoor({
    channels,
    appSecrets: appSecrets.map((secret) => createSecretKey(Buffer.from(secret.reveal()))),
    limits: createChannelLimits(channelLimits),
    quota,
    clock,
    onRefused: countRefusals(metrics),
  });
  const { takeQuota } = door;
  const intake = createIntake({ events: openStore(mongo), clock, maxQueued, takeQuota });
  const observed = observeIntake(intake, metrics, {
    logger,
    logBudget: createLogBudget({ clock, maxPerMinute: maxLogLines }),
  });
  return { rawRoutes: webhookRoutes({ intake: observed, door, verifyToken }) };
}

interface ProcessorDeps extends ChangeDeps {
  readonly channelEvents: ChannelEvents;
  readonly mongo: MongoConnection;
  readonly metrics: Measured<typeof webhookInstruments>;
  readonly channels: ChannelDirectory;
  readonly receipts: ReceiptService;
  readonly inbound: InboundService;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The delay of events whose processor died; 30 s by default. */
  readonly leaseMs?: number;
  /** How long dead letters are kept. */
  readonly deadLetterMs: number;
}

/** The processing of stored events, for the worker process. */
export function buildProcessor(deps: ProcessorDeps) {
  const { channels, receipts, inbound, channelEvents, clock, logger, leaseMs, deadLetterMs: keptMs } = deps;
  const words = createUnknownWords({ words: buildUnknownWordStore(deps.mongo), clock, logger });
  const deadLetters = buildDeadLetters(deps.mongo);
  const processor = createWebhookProcessor({
    events: observeEvents(openStore(deps.mongo), deps.metrics),
    channels,
    receipts,
    inbound,
    changes: createChangeHandler(deps),
    channelEvents,
    unknownWords: observeItems(words, deps.metrics),
    clock,
    logger,
    deadLetterMs: keptMs,
    ...(leaseMs === undefined ? {} : { leaseMs }),
  });
  return {
    processBatch: processor.processBatch,
    loops: createLoops(webhookLoops, {
      'webhook-processor': processor.lanes.all,
      'webhook-urgent': processor.lanes.urgent,
      'webhook-large': processor.lanes.large,
      'dead-letters': once(createDeadLetterKeeping({ deadLetters, keptMs, clock, logger })),
    }),
  };
}
