import assert from 'node:assert/strict';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { rootDir } from '../../scripts/paths.ts';
import { cancelByUpdate, held, heldTimes, rescheduleTo } from '../support/send-message-waiting.ts';
import {
  createStage,
  dispatched,
  providerMessageId,
  receipt,
  waitForEvent,
  type Play,
  type Stage,
} from '../support/send-message-stage.ts';
import {
  connectTestTemporal,
  startTestWorkers,
  type RunningWorkers,
  type TestTemporal,
} from '../support/temporal.ts';

const hourMs = 3_600_000;
const read = { status: 'read', attempts: 1, providerMessageId };

/** Runs started by workers of release 0.1.0 continue on the workers of this build. */
describe('sendMessage › a deploy with changed workflow code', () => {
  let temporal: TestTemporal;
  let stage: Stage;
  let workers: RunningWorkers;
  let releasedCode: string;

  before(async function () {
    this.timeout(60_000);
    temporal = await connectTestTemporal('deploy');
    stage = createStage(temporal.client);
    const bundle = await bundleWorkflowCode({
      workflowsPath: join(rootDir, 'tests', 'fixtures', 'workflows-v1', 'index.ts'),
      logger: new DefaultLogger('ERROR'),
    });
    releasedCode = bundle.code;
  });
  after(() => temporal?.close());
  beforeEach(async () => {
    workers = await startTestWorkers({
      ...temporal,
      activities: stage.activities,
      workflowCode: releasedCode,
    });
  });
  afterEach(() => workers?.stop());

  async function deploy(): Promise<void> {
    await workers.stop();
    workers = await startTestWorkers({ ...temporal, activities: stage.activities });
  }

  async function readIt(play: Play): Promise<void> {
    await play.signal(receipt('read'));
    assert.deepEqual(await play.result(), read);
  }

  it('scheduled before it › sent on time after it', async () => {
    const sendAtMs = Date.now() + 4_000;
    let leftAtMs = 0;
    const play = await stage.play(
      {
        dispatch: async () => {
          leftAtMs = Date.now();
          return dispatched({ kind: 'accepted', providerMessageId, isHeld: false });
        },
      },
      { sendAtMs },
    );
    await waitForEvent(play, 'TIMER_STARTED');
    await deploy();
    assert.ok(Date.now() < sendAtMs, 'the deploy took longer than the schedule allows');
    await play.called('dispatch');
    assert.ok(leftAtMs >= sendAtMs, `${sendAtMs - leftAtMs} ms too early`);
    assert.ok(leftAtMs < sendAtMs + 5_000, `${leftAtMs - sendAtMs} ms late`);
    await readIt(play);
  });

  it('scheduled before it › can be rescheduled and canceled after it, which the old code did not support', async () => {
    const moved = await stage.play({}, { sendAtMs: Date.now() + hourMs });
    const canceled = await stage.play({}, { sendAtMs: Date.now() + hourMs });
    for (const play of [moved, canceled]) await waitForEvent(play, 'TIMER_STARTED');
    await deploy();
    await rescheduleTo(moved, Date.now() + 50);
    await moved.called('dispatch');
    await readIt(moved);
    await cancelByUpdate(canceled);
    assert.equal((await canceled.result()).status, 'canceled');
  });

  it('scheduled before it, and a gate is closed at its time › held by the new code', async () => {
    const play = await stage.play(
      heldTimes(1, () => held('quiet-hours', Date.now() + 100)),
      { sendAtMs: Date.now() + 2_000 },
    );
    await waitForEvent(play, 'TIMER_STARTED');
    await deploy();
    await play.called('dispatch', 2);
    await readIt(play);
  });

  it('waiting for receipts during it › takes them after it', async () => {
    const play = await stage.play();
    await waitForEvent(play, 'TIMER_STARTED');
    await deploy();
    await play.signal(receipt('delivered'));
    await readIt(play);
  });
});
