import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker';
import type { MessageActivities } from '../../src/sending/messages/contract.ts';
import { providerQueue, workflowQueue } from '../../src/sending/messages/contract.ts';
import { workflowBundlePath } from '../../src/platform/paths.ts';
import { createTestNamespace, testTemporalAddress } from './temporal-namespace.ts';

/**
 * The SDK has one runtime per process, fixed at first use: the first test file that needs it creates it. Its warnings
 * are switched off, because many of these tests provoke failing activities.
 */
let hasRuntime = false;
export function installTestRuntime(): void {
  if (hasRuntime) return;
  hasRuntime = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
    shutdownSignals: [],
  });
}

/** Replaces process and host: stored histories must not name the machine that recorded them. */
const identity = 'test';

export interface TestTemporal {
  readonly client: Client;
  readonly native: NativeConnection;
  readonly namespace: string;
  close(): Promise<void>;
}

/** The shared server with a separate namespace, because queue names are fixed. */
export async function connectTestTemporal(name: string): Promise<TestTemporal> {
  installTestRuntime();
  const address = testTemporalAddress();
  const namespace = await createTestNamespace(name);
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  return {
    client: new Client({ connection, namespace, identity }),
    native,
    namespace,
    async close() {
      await native.close();
      await connection.close();
    },
  };
}

/** The time-skipping server; a test without it must fail. */
export function timeSkippingBinary(): string {
  const path = process.env['TEST_TIME_SKIPPING_BINARY'];
  assert.ok(
    path !== undefined && path !== '',
    'TEST_TIME_SKIPPING_BINARY is missing. Run the tests by `npm test`.',
  );
  return path;
}

export interface WorkerOptions {
  readonly native: NativeConnection;
  readonly namespace: string;
  readonly activities: MessageActivities;
  /** Workflow code other than this build's. */
  readonly workflowCode?: string;
  /** False: no worker serves the provider's queue. */
  readonly hasProvider?: boolean;
}

export interface RunningWorkers {
  stop(): Promise<void>;
}

/** The product's workers with the test's activities; run until stopped. */
export async function startTestWorkers(options: WorkerOptions): Promise<RunningWorkers> {
  installTestRuntime();
  const { native: connection, namespace, activities } = options;
  const { dispatch, ...stateActivities } = activities;
  const shared = { connection, namespace, identity, shutdownGraceTime: 500, shutdownForceTime: 2_000 };
  const workers = [
    await Worker.create({
      ...shared,
      taskQueue: workflowQueue,
      workflowBundle:
        options.workflowCode === undefined
          ? { codePath: workflowBundlePath }
          : { code: options.workflowCode },
      activities: stateActivities,
    }),
  ];
  if (options.hasProvider !== false) {
    workers.push(await Worker.create({ ...shared, taskQueue: providerQueue, activities: { dispatch } }));
  }
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    async stop() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
    },
  };
}
