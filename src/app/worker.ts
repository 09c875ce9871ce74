import { createActivities } from '../../activities/index.ts';
import { createHealthServer, type HealthServer } from '../http/health.ts';
import { providerQueue, workflowQueue } from '../messages/contract.ts';
import { createInboundService } from '../messages/inbound.ts';
import { createReceiptService } from '../messages/receipts.ts';
import { createSweep } from '../messages/sweep.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';
import { startLoop, type Loop } from '../platform/loop.ts';
import { workflowBundlePath } from '../platform/paths.ts';
import { startTemporalWorker, type TemporalWorker } from '../platform/temporal-worker.ts';
import { createWebhookProcessor } from '../webhooks/processor.ts';
import { createCloudApiGateway } from '../whatsapp/cloud-api.ts';
import { buildCore, type Core } from './core.ts';

export interface WorkerProcess {
  /** Resolves when the worker was stopped; rejects when it failed. */
  readonly running: Promise<void>;
  close(): Promise<void>;
}

/** The worker process: runs the workflows, calls the provider, processes receipts, sweeps. */
export async function buildWorker(config: Config, logger: Logger): Promise<WorkerProcess> {
  const core = await buildCore(config, { name: 'worker', logger });
  const gateway = createCloudApiGateway(config.provider);
  await limitDispatches(core, config);
  const { dispatch, ...stateActivities } = createActivities({ ...core, gateway });
  const temporalWorker = await startTemporalWorker({
    ...config.temporal,
    workflowBundlePath,
    workflowQueue,
    providerQueue,
    stateActivities,
    providerActivities: { dispatch },
    maxConcurrentDispatches: config.worker.maxConcurrentDispatches,
    maxCachedWorkflows: config.worker.maxCachedWorkflows,
    shutdownGraceMs: config.shutdownGraceMs,
    logger,
  });
  const loops = startLoops(core, config);
  const health = await serveHealth(config, { core, temporalWorker });
  return {
    running: temporalWorker.running,
    async close() {
      health.drain();
      await Promise.all(loops.map((loop) => loop.stop()));
      await temporalWorker.stop();
      await gateway.close();
      await health.close();
      await core.close();
    },
  };
}

/** The first limit of the sending rate, kept by the server for all workers together: per channel, on average. */
async function limitDispatches({ temporal, logger }: Core, { provider }: Config): Promise<void> {
  try {
    await temporal.limitPerFairnessKey(providerQueue, provider.sendsPerSecond);
  } catch (error) {
    logger.warn(
      { error },
      'the Temporal server takes no rate limit for the provider queue: sends are limited by concurrency only',
    );
  }
}

function startLoops(core: Core, config: Config): readonly Loop[] {
  const { logger } = core;
  const processor = createWebhookProcessor({
    ...core,
    receipts: createReceiptService(core),
    inbound: createInboundService(core),
    templateEvents: core.templateParts.events,
  });
  const sweep = createSweep({ ...core, olderThanMs: config.messages.sweepOlderThanMs });
  const { sweepIntervalMs } = config.messages;
  return [
    startLoop({
      name: 'webhook-processor',
      step: async () => ((await processor.processBatch()) > 0 ? 'more' : 'idle'),
      idleMs: 50,
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
    startLoop({
      name: 'sweep',
      step: async () => {
        await sweep.sweepOnce();
        return 'idle';
      },
      idleMs: sweepIntervalMs,
      longestIdleMs: sweepIntervalMs,
      logger,
    }),
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
