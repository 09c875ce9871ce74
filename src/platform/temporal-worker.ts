import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { sleep } from './clock.ts';
import { setForLibrary } from './config.ts';
import type { Logger } from './logger.ts';
import { bindAddressOf, type SdkMetricsAddress } from './sdk-metrics.ts';
import { connectionOptionsOf, type TemporalOptions } from './temporal.ts';

export interface TemporalWorkerOptions extends TemporalOptions {
  /** Written by `npm run build`. */
  readonly workflowBundlePath: string;
  readonly workflowQueue: string;
  readonly providerQueue: string;
  /** Activities that read and write state: on the workflow queue, mostly run as local activities. */
  readonly stateActivities: object;
  /** Activities that call the provider: on their own queue, whose rate the server limits. */
  readonly providerActivities: object;
  /** Activities that move files: on a queue of their own, so that large files hold no places of others. */
  readonly files?: FileWork;
  /** Activities on queues of their own that work for minutes in slices. */
  readonly slices?: FileWork;
  readonly maxConcurrentDispatches: number;
  readonly maxCachedWorkflows: number;
  /** Time for running activities to finish when the process stops. The stop itself takes about two seconds more. */
  readonly shutdownGraceMs: number;
  readonly logger: Logger;
}

interface FileWork {
  readonly queue: string;
  readonly activities: object;
  readonly maxConcurrent: number;
}

export interface TemporalWorker {
  /** Resolves when both workers have stopped; rejects if one of them failed. */
  readonly running: Promise<void>;
  isRunning(): boolean;
  stop(): Promise<void>;
}

/**
 * Concurrent workflow tasks of this process. One thread runs them, so more tasks would wait here in order of arrival
 * instead of at the server in order of priority. A waiting poll occupies a slot: the numbers leave slots beside the
 * polls, and polls for both new and cached runs.
 */
const workflowTasks = { maxConcurrent: 16, polls: 8, shareOfPollsForNewRuns: 0.5 } as const;

const autoscaling = (maximum: number) =>
  ({ type: 'autoscaling', minimum: 1, maximum }) satisfies WorkerOptions['activityTaskPollerBehavior'];

export interface RuntimeOptions {
  readonly isExpectedFailure: (type: string) => boolean;
  /** Where the SDK serves its own metrics; null disables them. */
  readonly metrics: SdkMetricsAddress | null;
}

/** Prometheus naming: the unit last, in seconds, and `_total` for counters. */
const prometheusOptions = (address: SdkMetricsAddress) => ({
  bindAddress: bindAddressOf(address),
  countersTotalSuffix: true,
  unitSuffix: true,
  useSecondsForDurations: true,
});

/**
 * Routes the SDK's log into ours. Call it once per process, before any other use of the SDK. Two of its warnings are
 * expected and go to level debug: the provider's worker has no workflows, and a workflow failed with an expected type.
 */
export function installTemporalRuntime(logger: Logger, { isExpectedFailure, metrics }: RuntimeOptions): void {
  const isExpectedWarning = (message: string, error: unknown): boolean =>
    message.startsWith('No workflows registered') ||
    (error instanceof ApplicationFailure && isExpectedFailure(error.type ?? ''));
  const log = new DefaultLogger('INFO', ({ level, message, meta }) => {
    // The task token is long and redundant: the ids are logged too.
    const fields = { part: 'temporal', ...meta, taskToken: undefined };
    if (level === 'ERROR') logger.error(fields, message);
    else if (level === 'WARN' && !isExpectedWarning(message, meta?.['error'])) logger.warn(fields, message);
    else logger.debug(fields, message);
  });
  Runtime.install({
    logger: log,
    shutdownSignals: [],
    ...(metrics === null
      ? {}
      : { telemetryOptions: { metrics: { prometheus: prometheusOptions(metrics) } } }),
  });
}

/**
 * Time in which open polls may still return a task after a worker stops; no new polls start. The SDK's default cuts them
 * off at once, and a task that the server hands out at that moment is lost until its time-out. The SDK reads this only
 * from the environment (https://github.com/temporalio/sdk-rust/pull/1081).
 */
const pollGraceMs = 500;

/** Time for workflows to take the result of the last provider call; another process could take it only after 10 s. */
const workflowGraceMs = 500;

/** At most one heartbeat of an activity is sent in this time. */
const maxHeartbeatThrottleMs = 4_000;

/**
 * Several workers in one process: workflows with their state activities, dispatch on the provider's queue, and files and
 * long work on theirs.
 */
export async function startTemporalWorker(options: TemporalWorkerOptions): Promise<TemporalWorker> {
  const { namespace, shutdownGraceMs } = options;
  setForLibrary('TEMPORAL_POLL_SHUTDOWN_INTERRUPT_WAIT_MS', String(pollGraceMs));
  const connection = await NativeConnection.connect(connectionOptionsOf(options));
  const shared = { connection, namespace, shutdownGraceTime: shutdownGraceMs };
  const workflows = await Worker.create({
    ...shared,
    taskQueue: options.workflowQueue,
    workflowBundle: { codePath: options.workflowBundlePath },
    activities: options.stateActivities,
    maxCachedWorkflows: options.maxCachedWorkflows,
    maxConcurrentWorkflowTaskExecutions: workflowTasks.maxConcurrent,
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
    // The SDK's default delays a heartbeat by up to 0.8 of its time-out.
    maxHeartbeatThrottleInterval: maxHeartbeatThrottleMs,
  });
  const files = [
    ...(await createFileWorkers(shared, options.files)),
    ...(await createFileWorkers(shared, options.slices)),
  ];
  const end = (worker: Worker) => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // Each worker stops the others when it ends, also on failure: the process then ends and its supervisor restarts it.
  const runProvider = async () => {
    try {
      await provider.run();
    } finally {
      files.forEach(end);
      await sleep(workflowGraceMs);
      end(workflows);
    }
  };
  const runs = [
    workflows.run().finally(() => end(provider)),
    runProvider(),
    ...files.map((worker) => worker.run().finally(() => end(provider))),
  ];
  const running = Promise.allSettled(runs).then(async (results) => {
    await connection.close();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });
  return {
    running,
    isRunning: () => [workflows, provider, ...files].every((worker) => worker.getState() === 'RUNNING'),
    async stop() {
      end(provider);
      await running;
    },
  };
}

/** One worker, or none. */
async function createFileWorkers(
  shared: Pick<WorkerOptions, 'connection' | 'namespace' | 'shutdownGraceTime'>,
  files: FileWork | undefined,
): Promise<readonly Worker[]> {
  if (files === undefined) return [];
  const worker = await Worker.create({
    ...shared,
    taskQueue: files.queue,
    activities: files.activities,
    maxConcurrentActivityTaskExecutions: files.maxConcurrent,
    activityTaskPollerBehavior: autoscaling(5),
    maxHeartbeatThrottleInterval: maxHeartbeatThrottleMs,
  });
  return [worker];
}
