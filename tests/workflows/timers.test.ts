import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import protocol from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { failureCodeAttribute, type DispatchResult } from '../../src/sending/messages/contract.ts';
import { held, rescheduleTo } from '../support/send-message-waiting.ts';
import {
  accepted,
  countEvents,
  createStage,
  dispatched,
  providerMessageId,
  receipt,
  type Stage,
} from '../support/send-message-stage.ts';
import {
  installTestRuntime,
  startTestWorkers,
  timeSkippingBinary,
  type RunningWorkers,
} from '../support/temporal.ts';

const { INDEXED_VALUE_TYPE_KEYWORD } = protocol.temporal.api.enums.v1.IndexedValueType;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** The clock of this server skips idle time; all runs share it, so the tests run one after another. */
describe('sendMessage › time', () => {
  let server: TestWorkflowEnvironment;
  let stage: Stage;
  let workers: RunningWorkers | undefined;

  before(async () => {
    installTestRuntime();
    const executable = { type: 'existing-path', path: timeSkippingBinary() } as const;
    server = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
    const searchAttributes = { [failureCodeAttribute]: INDEXED_VALUE_TYPE_KEYWORD };
    await server.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
    stage = createStage(server.client);
  });
  after(() => server?.teardown());
  afterEach(async () => {
    await workers?.stop();
    workers = undefined;
  });

  const startWorkers = async (): Promise<void> => {
    workers = await startTestWorkers({
      native: server.nativeConnection,
      namespace: server.namespace ?? 'default',
      activities: stage.activities,
    });
  };

  /** The duration of a step by the server's clock. */
  async function elapsedMs(part: () => Promise<void>): Promise<number> {
    const startedAtMs = await server.currentTimeMs();
    await part();
    return (await server.currentTimeMs()) - startedAtMs;
  }

  function assertAbout(actualMs: number, expectedMs: number): void {
    const isAbout = actualMs >= expectedMs && actualMs < expectedMs + 2 * minuteMs;
    assert.ok(isAbout, `${actualMs / minuteMs} minutes instead of ${expectedMs / minuteMs}`);
  }

  it('no receipt for 72 hours › completes as sent, after one timer', async () => {
    await startWorkers();
    const play = await stage.play();
    const tookMs = await elapsedMs(async () => {
      assert.deepEqual(await play.result(), { status: 'sent', attempts: 1, providerMessageId });
    });
    assertAbout(tookMs, 72 * hourMs);
    assert.equal(await countEvents(play, 'TIMER_STARTED'), 1);
    assert.deepEqual(
      play.calls.map(({ name }) => name),
      ['dispatch'],
    );
  });

  it('delivered, then nothing › completes as delivered at the deadline, which the receipt did not extend', async () => {
    await startWorkers();
    const play = await stage.play();
    await play.called('dispatch');
    const tookMs = await elapsedMs(async () => {
      await server.sleep(71 * hourMs);
      await play.signal(receipt('delivered'));
      assert.deepEqual(await play.result(), { status: 'delivered', attempts: 1, providerMessageId });
    });
    assertAbout(tookMs, 72 * hourMs);
    assert.equal(await countEvents(play, 'TIMER_STARTED'), 1);
  });

  it('an unknown outcome and no receipt › completes as unknown, never sent again', async () => {
    await startWorkers();
    const unknown = { kind: 'unknown', reason: 'ECONNRESET' } as const;
    const play = await stage.play({ dispatch: async () => dispatched(unknown) });
    assert.deepEqual(await play.result(), { status: 'unknown', attempts: 1 });
    assert.equal(play.callsOf('dispatch').length, 1);
  });

  it('scheduled in 30 days › dispatched then, not before', async () => {
    await startWorkers();
    const nowMs = await server.currentTimeMs();
    const sendAtMs = nowMs + 30 * dayMs;
    let dispatchedAtMs = 0;
    const play = await stage.play(
      {
        dispatch: async () => {
          dispatchedAtMs = await server.currentTimeMs();
          return dispatched(accepted);
        },
      },
      { sendAtMs },
    );
    assert.deepEqual(await play.result(), { status: 'sent', attempts: 1, providerMessageId });
    assertAbout(dispatchedAtMs - nowMs, 30 * dayMs);
    assert.equal(await countEvents(play, 'TIMER_STARTED'), 2);
  });

  it('scheduled in the past › dispatched at once', async () => {
    await startWorkers();
    const play = await stage.play({}, { sendAtMs: (await server.currentTimeMs()) - hourMs });
    await play.result();
    assert.equal(await countEvents(play, 'TIMER_STARTED'), 1);
  });

  /** A message scheduled in an hour, the results of its dispatches, and their times from the start. */
  async function playHeld(answers: (startMs: number) => readonly DispatchResult[]) {
    const startMs = await server.currentTimeMs();
    const atMs: number[] = [];
    const dispatch = async (): Promise<DispatchResult> => {
      atMs.push((await server.currentTimeMs()) - startMs);
      return answers(startMs)[atMs.length - 1] ?? dispatched(accepted);
    };
    const play = await stage.play({ dispatch }, { sendAtMs: startMs + hourMs });
    return { play, startMs, atMs };
  }

  describe('rescheduled while held, to a time after the end of the hold', () => {
    const sent = { status: 'sent', attempts: 1, providerMessageId };

    it('with a signal to the run › sent at its new time', async () => {
      await startWorkers();
      const { play, startMs, atMs } = await playHeld((at) => [held('quiet-hours', at + 11 * hourMs)]);
      await server.sleep(2 * hourMs);
      await rescheduleTo(play, startMs + 3 * dayMs);
      assert.deepEqual(await play.result(), sent);
      assert.equal(atMs.length, 2);
      assertAbout(atMs[1] ?? 0, 3 * dayMs);
    });

    it('without a signal to the run › found at its next check, sent at its new time', async () => {
      await startWorkers();
      const { play, atMs } = await playHeld((at) => [
        held('quiet-hours', at + 11 * hourMs),
        held('schedule', at + 3 * dayMs),
      ]);
      assert.deepEqual(await play.result(), sent);
      assert.equal(atMs.length, 3);
      assertAbout(atMs[2] ?? 0, 3 * dayMs);
    });

    it('and held again › has its full time to live from there, and no more', async () => {
      await startWorkers();
      const looks = Array.from({ length: 60 }, () => held('channel'));
      const { play, startMs } = await playHeld(() => looks);
      await server.sleep(2 * hourMs);
      await rescheduleTo(play, startMs + 3 * dayMs);
      assert.deepEqual(await play.result(), { status: 'expired', attempts: 0 });
      assertAbout((await server.currentTimeMs()) - startMs, 4 * dayMs);
    });
  });

  it('signalled its current time while held › checks again, without a longer time to live', async () => {
    await startWorkers();
    const looks = Array.from({ length: 60 }, () => held('channel'));
    const { play, startMs, atMs } = await playHeld(() => looks);
    await server.sleep(20.5 * hourMs);
    const before = atMs.length;
    await rescheduleTo(play, startMs + hourMs);
    await play.called('dispatch', before + 1);
    assert.deepEqual(await play.result(), { status: 'expired', attempts: 0 });
    assertAbout((await server.currentTimeMs()) - startMs, dayMs + hourMs);
  });

  it('the provider is too busy for hours › retried after the delay of each refusal', async () => {
    await startWorkers();
    let tries = 0;
    const play = await stage.play({
      dispatch: async () => {
        tries += 1;
        if (tries < 13) {
          throw ApplicationFailure.create({
            message: 'busy',
            type: 'WA_80007',
            nextRetryDelay: 15 * minuteMs,
          });
        }
        return dispatched(accepted, tries);
      },
    });
    const tookMs = await elapsedMs(async () => {
      assert.deepEqual(await play.result(), { status: 'sent', attempts: 13, providerMessageId });
    });
    assertAbout(tookMs, 3 * hourMs + 72 * hourMs);
  });

  it('the database is away for an hour › the receipt is stored once it is back', async () => {
    await startWorkers();
    const backAtMs = (await server.currentTimeMs()) + hourMs;
    const play = await stage.play({
      applyReceipts: async () => {
        if ((await server.currentTimeMs()) < backAtMs) throw new Error('the database is away');
      },
    });
    await play.signal(receipt('read'));
    assert.deepEqual(await play.result(), { status: 'read', attempts: 1, providerMessageId });
    assert.ok((await server.currentTimeMs()) >= backAtMs);
    assert.equal(play.callsOf('applyReceipts').at(-1)?.isLocal, false);
  });
});
