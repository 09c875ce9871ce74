import { createActivities } from '../../activities/index.ts';
import { buildAuditLoops } from '../audit/build.ts';
import { createHealthServer, type HealthServer } from '../http/health.ts';
import type { Logger } from '../platform/logger.ts';
import { type LoopObserver, startLoops } from '../platform/loop.ts';
import { serveMetrics } from '../platform/metrics.ts';
import { joinSdkMetrics, type SdkMetricsAddress } from '../platform/sdk-metrics.ts';
import { workflowBundlePath } from '../platform/paths.ts';
import { startTemporalWorker, type TemporalWorker } from '../platform/temporal-worker.ts';
import { queueRate } from '../rates/channel/queue.ts';
import { providerQueue, workflowQueue } from '../sending/messages/contract.ts';
import { mediaQueue } from '../inbox/media/contract.ts';
import { importsQueue } from '../people/imports/contract.ts';
import { createShares } from '../platform/shares.ts';
import { createDispatchObserver } from '../sending/observers.ts';
import { buildProcessor } from '../webhooks/build.ts';
import type { Config } from './config.ts';
import { buildCore, type Core } from './core.ts';
import { createDependencyWatch } from './dependencies.ts';
import { dependencyLoop, measureLoop, observeLoops } from './loops.ts';
import { createMeasure } from './measure.ts';

export interface WorkerProcess {
  /** Resolves when the worker has stopped; rejects if it failed. */
  readonly running: Promise<void>;
  close(): Promise<void>;
}

/**
 * The worker process: runs workflows and loops, calls the provider, processes webhook events. It takes no work before the
 * database fits.
 */
export async function buildWorker(
  config: Config,
  logger: Logger,
  sdkMetrics: SdkMetricsAddress,
): Promise<WorkerProcess> {
  const core = await buildCore(config, { name: 'worker', logger, provider: config.provider });
  const { metrics, database } = core;
  const observer = observeLoops(metrics, core.clock);
  let work: Work | null = null;
  const starting = database.opened.then(async (isOpen) => {
    if (isOpen) work = await startWork(config, core, observer);
    return work;
  });
  const running = starting.then((started) => started?.running);
  // Whoever waits for `running` sees the failure.
  running.catch(() => undefined);
  const watched = createDependencyWatch({ checks: core.health, metrics, logger });
  const watching = startLoops(dependencyLoop('worker', watched), logger, observer);
  const health = await serveHealth(config, core, () => work?.isRunning() ?? false);
  const metricsServer = await serveMetrics(joinSdkMetrics(metrics, sdkMetrics, logger), {
    host: config.http.host,
    port: config.metrics.workerPort,
  });
  return {
    running,
    async close() {
      health.drain();
      database.stop();
      const started = await starting.catch(() => null);
      await Promise.all([started?.stop(), watching.stop()]);
      await health.close();
      await metricsServer.close();
      await core.close();
    },
  };
}

interface Work {
  readonly running: Promise<void>;
  isRunning(): boolean;
  stop(): Promise<void>;
}

/** Starts to poll, and the loops. */
async function startWork(config: Config, core: Core, observer: LoopObserver): Promise<Work> {
  const { metrics, clock, logger } = core;
  await limitDispatches(core, config);
  const temporalWorker = await startWorker(config, core);
  const { running, isRunning } = temporalWorker;
  const measure = createMeasure({ mongo: core.mongo, metrics, clock, isWorkerRunning: isRunning });
  const processor = processorOf(core, config);
  const chainLoops = auditLoops(core, config);
  const loops = startLoops(
    [...processor.loops, ...core.loops, ...chainLoops, ...measureLoop(measure)],
    logger,
    observer,
  );
  return {
    running,
    isRunning,
    async stop() {
      // At the same time, so that a slow round does not use up the grace period of running calls.
      await Promise.all([temporalWorker.stop(), loops.stop()]);
    },
  };
}

/** Slices of imports at the same time in one worker, of all businesses and of one. */
const maxImports = 4;
const maxImportsOfClient = 1;

function startWorker(config: Config, core: Core): Promise<TemporalWorker> {
  const { messages, effects, channels, templates, facts, conversations, answers, rates, media } = core;
  const { unreadEvents, gateway, metrics, clock, logger } = core;
  const observer = createDispatchObserver(metrics);
  const { maxConcurrentDispatches, maxConcurrentFiles, maxCachedWorkflows } = config.worker;
  const { dispatch, fetchFile, copyFile, ...others } = createActivities({
    messages,
    effects,
    channels,
    templates,
    facts,
    unreadEvents,
    conversations,
    answers,
    rates,
    gateway,
    files: media.sends,
    fetching: media.fetching,
    copies: media.copies,
    shares: createShares(Math.ceil(maxConcurrentFiles / 2)),
    imports: core.areas.imports.steps,
    importShares: createShares(maxImportsOfClient),
    observer,
    clock,
    logger,
  });
  const { nextImportStep, analyseImport, applyImport, settleImport, undoImport, ...stateActivities } = others;
  const importing = { nextImportStep, analyseImport, applyImport, settleImport, undoImport };
  const { address, namespace, tls, apiKey } = config.temporal;
  return startTemporalWorker({
    address,
    namespace,
    tls,
    apiKey,
    workflowBundlePath,
    workflowQueue,
    providerQueue,
    stateActivities,
    providerActivities: { dispatch },
    files: { queue: mediaQueue, activities: { fetchFile, copyFile }, maxConcurrent: maxConcurrentFiles },
    slices: { queue: importsQueue, activities: importing, maxConcurrent: maxImports },
    maxConcurrentDispatches,
    maxCachedWorkflows,
    shutdownGraceMs: config.deployment.shutdownGraceMs,
    logger,
  });
}

const processorOf = (core: Core, { webhook }: Config) =>
  buildProcessor({
    mongo: core.mongo,
    metrics: core.metrics,
    channels: core.channels,
    receipts: core.receipts,
    inbound: core.inbound,
    preferences: core.preferences,
    contacts: core.contacts,
    templateEvents: core.templateEvents,
    pauses: core.pauses,
    channelEvents: core.channelEvents,
    deadLetterMs: webhook.deadLetterMs,
    threadItems: core.threadItems,
    clock: core.clock,
    logger: core.logger,
  });

const auditLoops = ({ mongo, audit, metrics, clock, logger }: Core, { credentials: { key } }: Config) =>
  buildAuditLoops({ mongo, audit, key, metrics, clock, logger });

/** Sets the server's limit for all workers together: the average rate of a channel, times the channel's weight. */
async function limitDispatches({ temporal, logger }: Core, { rates }: Config): Promise<void> {
  try {
    await temporal.limitPerFairnessKey(providerQueue, queueRate(rates.sendsPerSecond));
  } catch (error) {
    logger.warn(
      { error },
      'the Temporal server refused the rate limit of the provider queue; only concurrency limits sends',
    );
  }
}

const serveHealth = (config: Config, core: Core, isRunning: () => boolean): Promise<HealthServer> =>
  createHealthServer({
    host: config.http.host,
    port: config.worker.healthPort,
    logger: core.logger,
    checks: [
      ...core.health,
      {
        name: 'worker',
        needs: 'migrations',
        advice:
          'If it does not start soon, restart this process; its log has the reason why the worker stopped.',
        check: async () => {
          if (!isRunning()) throw new Error('the Temporal worker does not run');
        },
      },
    ],
  });
