import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { providerQueue, workflowQueue, type DispatchResult } from '../../src/sending/messages/contract.ts';
import { newUuid } from '../../src/platform/ids.ts';
import { workflowBundlePath } from '../../src/platform/paths.ts';
import { startTemporalWorker, type TemporalWorker } from '../../src/platform/temporal-worker.ts';
import { captureLog } from '../support/logger.ts';
import { createStage, statusOf, type Stage } from '../support/send-message-stage.ts';
import { connectTestTemporal, startTestWorkers, type TestTemporal } from '../support/temporal.ts';
import { testTemporalAddress } from '../support/temporal-namespace.ts';

const settled: DispatchResult = { kind: 'settled', status: 'read', attempt: 1 };
/** Longer than an idle worker needs to stop. */
const longCallMs = 2_000;
const tries = 5;

describe('worker › stop', function () {
  this.timeout(60_000);
  let temporal: TestTemporal;
  let stage: Stage;
  before(async () => {
    temporal = await connectTestTemporal('stop');
    stage = createStage(temporal.client);
  });
  after(() => temporal?.close());

  /** Takes the next dispatch task and never completes it, like a worker that dies at that moment. */
  async function loseDispatch(): Promise<void> {
    const { connection } = temporal.client;
    const { taskToken } = await connection.withDeadline(Date.now() + 20_000, () =>
      connection.workflowService.pollActivityTaskQueue({
        namespace: temporal.namespace,
        taskQueue: { name: providerQueue },
        identity: newUuid(),
      }),
    );
    assert.ok(taskToken.length > 0, 'no task came');
  }

  function start(): Promise<TemporalWorker> {
    const { dispatch, ...stateActivities } = stage.activities;
    return startTemporalWorker({
      address: testTemporalAddress(),
      namespace: temporal.namespace,
      workflowBundlePath,
      workflowQueue,
      providerQueue,
      stateActivities,
      providerActivities: { dispatch },
      maxConcurrentDispatches: 10,
      maxCachedWorkflows: 10,
      shutdownGraceMs: 10_000,
      logger: captureLog().logger,
    });
  }

  it('a call in progress › its run records the outcome before the stop is over', async () => {
    const worker = await start();
    const play = await stage.play({ dispatch: () => sleep(longCallMs, settled) });
    await play.called('dispatch');
    await worker.stop();
    assert.equal(await statusOf(play), 'COMPLETED');
  });

  it('a dispatch is lost with its worker › the next attempt starts long before the full timeout', async () => {
    const workers = await startTestWorkers({ ...temporal, activities: stage.activities, hasProvider: false });
    const play = await stage.play({ dispatch: async () => settled }, { attemptTimeoutMs: 600_000 });
    await loseDispatch();
    await workers.stop();
    const worker = await start();
    await play.result();
    await worker.stop();
    assert.equal(play.callsOf('dispatch').length, 1);
  });

  it('a task is delivered just after the stop began › it is executed, not lost until its timeout', async () => {
    // A slow machine may deliver it too late; then it waits for the next worker, which is no loss.
    for (let count = 0; count < tries; count += 1) {
      const worker = await start();
      await (await stage.play({ dispatch: async () => settled })).result();
      const stopped = worker.stop();
      const play = await stage.play({ dispatch: async () => settled });
      await stopped;
      if ((await statusOf(play)) === 'COMPLETED') return;
    }
    assert.fail(`none of ${tries} was carried out while the worker stopped`);
  });
});
