import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { sleep } from './clock.ts';
import { setForLibrary } from './config.ts';
import type { Logger } from './logger.ts';
import { connectionOptionsOf, type TemporalOptions } from './temporal.ts';

export interface TemporalWorkerOptions extends TemporalOptions {
  /** The bundle that `npm run build` made. */
  readonly workflowBundlePath: string;
  readonly workflowQueue: string;
  readonly providerQueue: string;
  /** Activities that keep state: on the workflow queue, mostly run as local activities. */
  readonly stateActivities: object;
  /** Activities that call the provider: on their own queue, whose rate is limited by the server. */
  readonly providerActivities: object;
  readonly maxConcurrentDispatches: number;
  readonly maxCachedWorkflows: number;
  /** How long activities under way may take when the process stops; about two seconds more and it has stopped. */
  readonly shutdownGraceMs: number;
  readonly logger: Logger;
}

export interface TemporalWorker {
  /** Resolves when all workers have stopped; rejects when one of them failed. */
  readonly running: Promise<void>;
  isRunning(): boolean;
  stop(): Promise<void>;
}

/**
 * Workflow tasks that this process takes at once. One thread works them off, so more would only wait here, where the
 * order of arrival counts, instead of at the server, where the priority does. A poll holds its place while it waits for
 * a task: there are always polls of both kinds, for new runs and for those in the cache, and room beside them.
 */
const workflowTasks = { atOnce: 16, polls: 8, shareOfPollsForNewRuns: 0.5 } as const;

const autoscaling = (maximum: number) =>
  ({ type: 'autoscaling', minimum: 1, maximum }) satisfies WorkerOptions['activityTaskPollerBehavior'];

export interface RuntimeOptions {
  readonly isExpectedFailure: (type: string) => boolean;
  /** Where the SDK serves its own metrics; port 0 for nowhere. */
  readonly metrics: { readonly host: string; readonly port: number };
}

/** Names as Prometheus wants them: the unit last, seconds, `_total` for counters. */
const prometheusOptions = (host: string, port: number) => ({
  bindAddress: `${host.includes(':') ? `[${host}]` : host}:${port}`,
  countersTotalSuffix: true,
  unitSuffix: true,
  useSecondsForDurations: true,
});

/**
 * Routes the SDK's log into ours. Once per process, before anything else of the SDK. What it warns of and is no news
 * goes to level debug: that the provider's worker has no workflows, which is on purpose, and failures of the given
 * types, which are the product at work.
 */
export function installTemporalRuntime(logger: Logger, { isExpectedFailure, metrics }: RuntimeOptions): void {
  const isNoNews = (message: string, error: unknown): boolean =>
    message.startsWith('No workflows registered') ||
    (error instanceof ApplicationFailure && isExpectedFailure(error.type ?? ''));
  const log = new DefaultLogger('INFO', ({ level, message, meta }) => {
    // The task token is long and says nothing that the ids beside it do not.
    const fields = { part: 'temporal', ...meta, taskToken: undefined };
    if (level === 'ERROR') logger.error(fields, message);
    else if (level === 'WARN' && !isNoNews(message, meta?.['error'])) logger.warn(fields, message);
    else logger.debug(fields, message);
  });
  const { host, port } = metrics;
  Runtime.install({
    logger: log,
    shutdownSignals: [],
    ...(port === 0 ? {} : { telemetryOptions: { metrics: { prometheus: prometheusOptions(host, port) } } }),
  });
}

/**
 * How long polls that are open when a worker stops may still bring a task; no new ones begin. Cut off at once, as the SDK
 * does by itself, they lose what the server hands out at that moment, until the time-out of that task. The SDK takes this
 * from the environment only (https://github.com/temporalio/sdk-rust/pull/1081).
 */
const pollsOutliveStopMs = 500;

/** How long the workflows go on after the last call, to take its result: later nobody else could for 10 s. */
const workflowsOutliveCallsMs = 500;

/** More beats of one activity than one in this time are not sent. */
const minBeatMs = 4_000;

/** Two workers in one process: workflows with their state activities, and dispatch on the provider's queue. */
export async function startTemporalWorker(options: TemporalWorkerOptions): Promise<TemporalWorker> {
  const { namespace, shutdownGraceMs } = options;
  setForLibrary('TEMPORAL_POLL_SHUTDOWN_INTERRUPT_WAIT_MS', String(pollsOutliveStopMs));
  const connection = await NativeConnection.connect(connectionOptionsOf(options));
  const shared = { connection, namespace, shutdownGraceTime: shutdownGraceMs };
  const workflows = await Worker.create({
    ...shared,
    taskQueue: options.workflowQueue,
    workflowBundle: { codePath: options.workflowBundlePath },
    activities: options.stateActivities,
    maxCachedWorkflows: options.maxCachedWorkflows,
    maxConcurrentWorkflowTaskExecutions: workflowTasks.atOnce,
    workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: workflowTasks.polls },
    nonStickyToStickyPollRatio: workflowTasks.shareOfPollsForNewRuns,
    activityTaskPollerBehavior: autoscaling(5),
  });
  const provider = await Worker.create({
    ...shared,
    taskQueue: options.providerQueue,
    activities: options.providerActivities,
    maxConcurrentActivityTaskExecutions: options.maxConcurrentDispatches,
    activityTaskPollerBehavior: autoscaling(20),
    // By itself the SDK holds a beat back for up to 0.8 of the time after which a missing one counts.
    maxHeartbeatThrottleInterval: minBeatMs,
  });
  const end = (worker: Worker) => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // One that ends takes the other along: after a failure too, the process ends, and whoever runs it starts it anew.
  const runProvider = async () => {
    try {
      await provider.run();
    } finally {
      await sleep(workflowsOutliveCallsMs);
      end(workflows);
    }
  };
  const runs = [workflows.run().finally(() => end(provider)), runProvider()];
  const running = Promise.allSettled(runs).then(async (results) => {
    await connection.close();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });
  return {
    running,
    isRunning: () => [workflows, provider].every((worker) => worker.getState() === 'RUNNING'),
    async stop() {
      end(provider);
      await running;
    },
  };
}
