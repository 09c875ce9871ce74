import { createActivities } from '../../activities/index.ts';
import { createHealthServer, type HealthServer } from '../http/health.ts';
import { providerQueue, workflowQueue } from '../sending/messages/contract.ts';
import { createInboundService } from '../sending/messages/incoming/inbound.ts';
import { createReceiptService } from '../sending/messages/incoming/receipts.ts';
import { createSweep } from '../sending/messages/sweep.ts';
import type { Config } from './config.ts';
import type { Logger } from '../platform/logger.ts';
import { queueRate } from '../rates/channel/queue.ts';
import { startLoop, type Loop } from '../platform/loop.ts';
import { serveMetrics } from '../platform/metrics.ts';
import { workflowBundlePath } from '../platform/paths.ts';
import { startTemporalWorker, type TemporalWorker } from '../platform/temporal-worker.ts';
import { createChangeHandler } from '../webhooks/changes.ts';
import { createWebhookProcessor } from '../webhooks/processor.ts';
import { createCloudApiGateway } from '../whatsapp/cloud-api.ts';
import { buildCore, type Core } from './core.ts';
import { createMeasure } from './measure.ts';
import {
  createDispatchObserver,
  observeReceipts,
  observeSweep,
  startEndsAtZero,
} from '../sending/observers.ts';
import { observeEvents, startVerdictsAtZero } from '../webhooks/observers.ts';
import { observeGateway, startAnswersAtZero } from '../whatsapp/observers.ts';
import { buildSending, type Sending } from './sending.ts';

export interface WorkerProcess {
  /** Resolves when the worker was stopped; rejects when it failed. */
  readonly running: Promise<void>;
  close(): Promise<void>;
}

/** The worker process: runs the workflows, calls the provider, processes receipts, sweeps. */
export async function buildWorker(config: Config, logger: Logger): Promise<WorkerProcess> {
  const core = await buildCore(config, { name: 'worker', logger });
  const { metrics } = core;
  startAnswersAtZero(metrics);
  startEndsAtZero(metrics);
  startVerdictsAtZero(metrics);
  const gateway = observeGateway(createCloudApiGateway(config.provider), metrics);
  const sending = buildSending(core, gateway);
  await limitDispatches(core, config);
  const { dispatch, ...stateActivities } = createActivities({
    ...core,
    ...sending,
    gateway,
    observer: createDispatchObserver(metrics),
  });
  const temporalWorker = await startTemporalWorker({
    ...config.temporal,
    workflowBundlePath,
    workflowQueue,
    providerQueue,
    stateActivities,
    providerActivities: { dispatch },
    maxConcurrentDispatches: config.worker.maxConcurrentDispatches,
    maxCachedWorkflows: config.worker.maxCachedWorkflows,
    shutdownGraceMs: config.deployment.shutdownGraceMs,
    logger,
  });
  const loops = startLoops(config, { core, sending, isWorkerRunning: temporalWorker.isRunning });
  const health = await serveHealth(config, { core, temporalWorker });
  const metricsServer = await serveMetrics(metrics, {
    host: config.http.host,
    port: config.metrics.workerPort,
  });
  return {
    running: temporalWorker.running,
    async close() {
      health.drain();
      // Together, so that slow rounds take nothing away from the calls under way.
      await Promise.all([temporalWorker.stop(), ...loops.map((loop) => loop.stop())]);
      await gateway.close();
      await health.close();
      await metricsServer.close();
      await core.close();
    },
  };
}

/** What the server lets through to all workers together: per channel, on average, times the weight of the channel. */
async function limitDispatches({ temporal, logger }: Core, { rates }: Config): Promise<void> {
  try {
    await temporal.limitPerFairnessKey(providerQueue, queueRate(rates.sendsPerSecond));
  } catch (error) {
    logger.warn(
      { error },
      'the Temporal server takes no rate limit for the provider queue: sends are limited by concurrency only',
    );
  }
}

/** As often as Prometheus usually asks. */
const measureIntervalMs = 15_000;

/** How soon a channel whose look at its health is due gets it; each has a time of its own. */
const healthIntervalMs = 1_000;
/** How soon a number that was connected just now is known. */
const lookIntervalMs = 2_000;
const usersIntervalMs = 60_000;
const reviewIntervalMs = 30_000;

interface LoopDeps {
  readonly core: Core;
  readonly sending: Sending;
  readonly isWorkerRunning: () => boolean;
}

function startLoops(config: Config, { core, sending, isWorkerRunning }: LoopDeps): readonly Loop[] {
  const { logger, metrics } = core;
  const processor = createWebhookProcessor({
    ...core,
    events: observeEvents(core.events, metrics),
    receipts: observeReceipts(createReceiptService({ ...core, ...sending }), core),
    inbound: createInboundService(core),
    changes: createChangeHandler({ ...core, ...sending, templateEvents: core.templateParts.events }),
  });
  const sweep = observeSweep(
    createSweep({ ...core, olderThanMs: config.messages.sweepOlderThanMs }),
    metrics,
  );
  const measure = createMeasure({ ...core, isWorkerRunning });
  const { sweepIntervalMs } = config.messages;
  const every = (intervalMs: number, name: string, round: () => Promise<unknown>): Loop =>
    startLoop({
      name,
      step: async () => {
        await round();
        return 'idle';
      },
      idleMs: intervalMs,
      longestIdleMs: intervalMs,
      logger,
    });
  return [
    startLoop({
      name: 'webhook-processor',
      step: async () => ((await processor.processBatch('all')) > 0 ? 'more' : 'idle'),
      idleMs: 50,
      longestIdleMs: 500,
      logger,
    }),
    startLoop({
      name: 'webhook-urgent',
      step: async () => ((await processor.processBatch('urgent')) > 0 ? 'more' : 'idle'),
      idleMs: 50,
      longestIdleMs: 200,
      logger,
    }),
    startLoop({
      name: 'gate-release',
      step: async () => ((await sending.release.releaseNext()) ? 'more' : 'idle'),
      idleMs: 250,
      longestIdleMs: 500,
      logger,
    }),
    startLoop({
      name: 'template-sync',
      step: core.templateParts.syncLoop.step,
      idleMs: 1_000,
      longestIdleMs: 5_000,
      logger,
    }),
    every(healthIntervalMs, 'channel-health', () => sending.pauses.checkDue()),
    every(lookIntervalMs, 'number-looks', () => sending.looks.lookDue()),
    every(usersIntervalMs, 'portfolio-users', () => core.rates.sweepExpiredUsers()),
    every(reviewIntervalMs, 'suspect-numbers', () => core.numbers.reviewDue()),
    every(sweepIntervalMs, 'sweep', () => sweep.sweepOnce()),
    every(measureIntervalMs, 'measure', () => measure.measureOnce()),
  ];
}

const serveHealth = (
  config: Config,
  { core, temporalWorker }: { core: Core; temporalWorker: TemporalWorker },
): Promise<HealthServer> =>
  createHealthServer({
    host: config.http.host,
    port: config.worker.healthPort,
    logger: core.logger,
    checks: [
      ...core.health,
      {
        name: 'worker',
        advice: 'Restart this process; its log says why the worker stopped.',
        check: async () => {
          if (!temporalWorker.isRunning()) throw new Error('the Temporal worker is not running');
        },
      },
    ],
  });
